using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Skein.Model.Specs;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>
/// The swarm's CA: ECDSA P-256, the root for 20 years, the nodes' certificates for the lifetime the cluster is set to. A root that was
/// given may have an RSA key.
/// </summary>
public sealed class RootAuthority : IDisposable
{
    public static readonly TimeSpan DefaultNodeLifetime = TimeSpan.FromDays(90);
    private static readonly TimeSpan RootLifetime = TimeSpan.FromDays(20 * 365);

    /// <summary>Certificates begin an hour ago: a host whose clock is slow can use them at once.</summary>
    private static readonly TimeSpan Backdate = TimeSpan.FromHours(1);

    private readonly X509Certificate2 _root;
    private readonly TimeProvider _time;
    private readonly IIdSource _ids;

    private RootAuthority(byte[] certificatePem, string keyPem, TimeProvider time, IIdSource ids)
    {
        CertificatePem = certificatePem;
        KeyPem = keyPem;
        (_time, _ids) = (time, ids);
        _root = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificatePem), keyPem);
    }

    public byte[] CertificatePem { get; }

    /// <summary>PKCS#8.</summary>
    public string KeyPem { get; }

    /// <summary>As the swarm is set to.</summary>
    public static TimeSpan NodeLifetimeOf(ClusterSpec? spec) => spec?.Ca?.NodeCertExpiry is > 0 and var set ? set.Nanoseconds() : DefaultNodeLifetime;

    public static RootAuthority Create(TimeProvider time, IIdSource ids)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=swarm-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = time.GetUtcNow();
        using var root = request.CreateSelfSigned(now - Backdate, now + RootLifetime);
        return new(Encoding.ASCII.GetBytes(root.ExportCertificatePem() + "\n"), key.ExportPkcs8PrivateKeyPem(), time, ids);
    }

    public static RootAuthority Open(ReadOnlySpan<byte> certificatePem, ReadOnlySpan<byte> keyPem, TimeProvider time, IIdSource ids) =>
        new(certificatePem.ToArray(), Encoding.ASCII.GetString(keyPem), time, ids);

    /// <summary>PEM of another root's name and key, signed by this one: who trusts this root accepts what that one issues.</summary>
    public byte[] CrossSign(ReadOnlySpan<byte> otherPem)
    {
        using var other = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(otherPem));
        var request = new CertificateRequest(other.SubjectName, other.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        // As that root says it: its certificates name their issuer by it.
        foreach (var own in other.Extensions.Where(extension => extension.Oid?.Value == CertificateIssuer.SubjectKey)) request.CertificateExtensions.Add(own);
        var end = other.NotAfter < _root.NotAfter ? other.NotAfter : _root.NotAfter;
        return Sign(request, end.ToUniversalTime());
    }

    /// <summary>PEM of a certificate over the request's key. Of the request, only the key and a manager's addresses are taken.</summary>
    /// <exception cref="SkeinException">The request is no PKCS#10, or does not prove that its sender has the key.</exception>
    public byte[] Issue(string requestPem, CertificateName name, TimeSpan lifetime)
    {
        var asked = Read(requestPem);
        var request = new CertificateRequest(name.ToDistinguishedName(), asked.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(Names(name, asked));
        return Sign(request, _time.GetUtcNow() + lifetime);
    }

    public void Dispose() => _root.Dispose();

    /// <summary>Where a manager's peers reach it, as its request says; none of a worker's.</summary>
    /// <exception cref="SkeinException">The request is no PKCS#10, or does not prove that its sender has the key.</exception>
    internal static IReadOnlyList<IPAddress> AddressesOf(string requestPem, CertificateName name)
    {
        var asked = Read(requestPem);
        return name.Role == NodeRole.Manager ? [.. AddressesIn(asked)] : [];
    }

    private byte[] Sign(CertificateRequest request, DateTimeOffset end)
    {
        if (_root.Extensions.Any(extension => extension.Oid?.Value == CertificateIssuer.SubjectKey))
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        var serial = new byte[16];
        _ids.Fill(serial);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x01);   // positive, and no leading zero
        using var elliptic = _root.GetECDsaPrivateKey();
        using var rsa = elliptic is null ? _root.GetRSAPrivateKey() : null;
        var signer = elliptic is not null ? X509SignatureGenerator.CreateForECDsa(elliptic) : X509SignatureGenerator.CreateForRSA(rsa!, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(_root.SubjectName, signer, _time.GetUtcNow() - Backdate, end < _root.NotAfter ? end : _root.NotAfter, serial);
        return Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n");
    }

    private static X509Extension Names(CertificateName name, CertificateRequest asked)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name.RoleName);
        names.AddDnsName(name.NodeId);
        if (name.Role == NodeRole.Manager)
        {
            foreach (var address in AddressesIn(asked)) names.AddIpAddress(address);
        }
        return names.Build();
    }

    private static List<IPAddress> AddressesIn(CertificateRequest asked)
    {
        try
        {
            return [.. asked.CertificateExtensions
                .Where(extension => extension.Oid?.Value == "2.5.29.17")
                .SelectMany(extension => new X509SubjectAlternativeNameExtension(extension.RawData).EnumerateIPAddresses())];
        }
        catch (CryptographicException e)
        {
            throw Unreadable(e);
        }
    }

    private static CertificateRequest Read(string pem)
    {
        try
        {
            return CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Unreadable(e);
        }
    }

    private static SkeinException Unreadable(Exception e) => new(ErrorKind.InvalidArgument, $"the certificate request cannot be read: {e.Message}", e);
}
