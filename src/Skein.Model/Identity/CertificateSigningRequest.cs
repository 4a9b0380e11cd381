using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Skein.Model.Identity;

/// <summary>A new key (ECDSA P-256) and the request for a certificate over it.</summary>
/// <param name="Pem">PKCS#10. Its subject says nothing: the CA decides who the holder is.</param>
/// <param name="KeyPem">PKCS#8; never leaves the host.</param>
public sealed record CertificateSigningRequest(string Pem, string KeyPem)
{
    /// <param name="addresses">Where peers reach the node: etcd's members check the address they dial against a manager's certificate.</param>
    public static CertificateSigningRequest Create(IEnumerable<IPAddress> addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("node");
        foreach (var address in addresses) names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        return new(request.CreateSigningRequestPem(), key.ExportPkcs8PrivateKeyPem());
    }
}
