using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Skein.Model.Identity;

namespace Skein.Manager.Store;

/// <summary>
/// The list of certificates that etcd takes of nobody. etcd reads the file at each handshake of a peer, asks for serial numbers alone,
/// and does not ask who has signed the list: a key of the moment has.
/// </summary>
internal static class EtcdRevocations
{
    // etcd does not ask for it either. Some readers of such lists refuse one without.
    private static readonly TimeSpan Life = TimeSpan.FromDays(3650);

    public static void Write(string path, IReadOnlyCollection<string> serials, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var list = new CertificateRevocationListBuilder();
        foreach (var serial in serials) list.AddEntry(Convert.FromHexString(serial), now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signer = X509SignatureGenerator.CreateForECDsa(key);
        var authority = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 20));
        PrivateFile.Write(path, list.Build(new("CN=skein"), signer, 1, now + Life, HashAlgorithmName.SHA256, authority, now));
    }
}
