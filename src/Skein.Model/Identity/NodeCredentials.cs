using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Skein.Model.Identity;

/// <summary>A node's certificate with its key, and the root it was issued under. Immutable: a renewal makes a new one.</summary>
public sealed class NodeCredentials
{
    private NodeCredentials(X509Certificate2 certificate, X509Certificate2 root, CertificateName name, byte[] certificatePem, byte[] rootPem, string keyPem)
    {
        Certificate = certificate;
        Root = root;
        Name = name;
        CertificatePem = certificatePem;
        RootPem = rootPem;
        KeyPem = keyPem;
        // Offline: the chain is the leaf alone, nothing is to be fetched while a handshake waits.
        Context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2 Root { get; }

    public CertificateName Name { get; }

    public byte[] CertificatePem { get; }

    public byte[] RootPem { get; }

    internal string KeyPem { get; }

    internal SslStreamCertificateContext Context { get; }

    public DateTimeOffset NotBefore => Certificate.NotBefore.ToUniversalTime();

    public DateTimeOffset NotAfter => Certificate.NotAfter.ToUniversalTime();

    /// <exception cref="SkeinException">The certificate does not belong to the key, or names no node.</exception>
    public static NodeCredentials Create(ReadOnlySpan<byte> certificatePem, string keyPem, ReadOnlySpan<byte> rootPem)
    {
        var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificatePem), keyPem);
        var root = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(rootPem));
        var name = CertificateName.Read(certificate)
            ?? throw SkeinException.Invalid($"the certificate's subject \"{certificate.Subject}\" names no node of a swarm");
        return new(certificate, root, name, certificatePem.ToArray(), rootPem.ToArray(), keyPem);
    }
}
