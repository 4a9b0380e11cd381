using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Skein.Model.Identity;

/// <summary>
/// A node's certificate with its key, and the root that the node trusts. Immutable: a renewal, or another root, makes a new one.
/// </summary>
public sealed class NodeCredentials
{
    private NodeCredentials(X509Certificate2Collection chain, X509Certificate2 certificate, X509Certificate2 root, CertificateName name, byte[] certificatePem, byte[] rootPem, string keyPem)
    {
        Certificate = certificate;
        Between = [.. chain.Skip(1)];
        Root = root;
        Name = name;
        CertificatePem = certificatePem;
        RootPem = rootPem;
        KeyPem = keyPem;
        Issuer = CertificateIssuer.Find(certificate, [root, .. Between]);
        // Offline: nothing is to be fetched while a handshake waits.
        Context = SslStreamCertificateContext.Create(certificate, [.. Between], offline: true);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>The CA's key as older roots have signed it, for peers who trust those.</summary>
    public IReadOnlyList<X509Certificate2> Between { get; }

    public X509Certificate2 Root { get; }

    /// <summary>null when it is not among what came with the certificate.</summary>
    public X509Certificate2? Issuer { get; }

    public CertificateName Name { get; }

    /// <summary>The certificate, and what is presented with it.</summary>
    public byte[] CertificatePem { get; }

    public byte[] RootPem { get; }

    internal string KeyPem { get; }

    internal SslStreamCertificateContext Context { get; }

    public DateTimeOffset NotBefore => Certificate.NotBefore.ToUniversalTime();

    public DateTimeOffset NotAfter => Certificate.NotAfter.ToUniversalTime();

    /// <param name="certificatePem">The node's own first.</param>
    /// <exception cref="SkeinException">The certificate does not belong to the key, or names no node.</exception>
    public static NodeCredentials Create(ReadOnlySpan<byte> certificatePem, string keyPem, ReadOnlySpan<byte> rootPem)
    {
        var chain = Skein.Model.Identity.CertificatePem.Read(certificatePem);
        var certificate = X509Certificate2.CreateFromPem(chain[0].ExportCertificatePem(), keyPem);
        var root = Skein.Model.Identity.CertificatePem.ReadFirst(rootPem);
        var name = CertificateName.Read(certificate)
            ?? throw SkeinException.Invalid($"the certificate's subject \"{certificate.Subject}\" names no node of a swarm");
        return new(chain, certificate, root, name, certificatePem.ToArray(), rootPem.ToArray(), keyPem);
    }

    /// <summary>The same certificate under another root.</summary>
    public NodeCredentials Trusting(ReadOnlySpan<byte> rootPem) => Create(CertificatePem, KeyPem, rootPem);
}
