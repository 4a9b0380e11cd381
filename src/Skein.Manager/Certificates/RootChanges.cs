using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>
/// Begins, replaces and ends rotations of the CA as an update of the swarm asks for it. The order of the questions, and the words, are
/// swarmkit's (manager/controlapi/ca_rotation.go): who asks for a rotation is told the same first complaint.
/// </summary>
/// <param name="external">Speaks to CAs outside of the swarm.</param>
public sealed class RootChanges(ExternalCaClient external, TimeProvider time, IIdSource ids) : IRootChanges
{
    private static readonly TimeSpan ShortestRootLife = TimeSpan.FromDays(365);

    public async Task<RootCa> NextAsync(Cluster current, CaConfig? wanted, CancellationToken cancel)
    {
        var (ca, config) = (current.RootCa, wanted ?? new());
        if (!config.SigningKey.IsEmpty && config.SigningCert.IsEmpty)
            throw RpcError.InvalidArgument("if a signing CA key is provided, the signing CA cert must also be provided");
        var desired = config.SigningCert.IsEmpty ? ByteString.Empty : Normalized(config.SigningCert);
        if (ca.Key.IsEmpty)
        {
            // The key of the CA that was external until now: nothing needs it any more.
            if (desired.Equals(ca.Cert) && !config.SigningKey.IsEmpty) return WithKey(ca, KeyOf(desired, config.SigningKey), config);
            await RequireExternalAsync(ca, config, ca.Cert, "current", cancel);
        }
        if (desired.IsEmpty) return await WithoutCertificateAsync(ca, config, cancel);

        var key = config.SigningKey.IsEmpty ? ByteString.Empty : KeyOf(desired, config.SigningKey);
        Check(desired);
        if (key.IsEmpty) await RequireExternalAsync(ca, config, desired, "desired", cancel);
        else CheckIssues(desired, key, current.Id);
        if (desired.Equals(ca.Cert)) return WithKey(ca, key, config);
        if (SameKey(desired, ca.Cert)) throw RpcError.InvalidArgument("Cannot update to a cert with an identical key");
        if (desired.Equals(ca.Rotation?.Cert))
        {
            var same = ca.Clone();
            same.Rotation.Key = key;
            same.LastForcedRotation = config.ForceRotate;
            return same;
        }
        return await RotationToAsync(ca, config, desired, key, cancel);
    }

    private async Task<RootCa> WithoutCertificateAsync(RootCa ca, CaConfig config, CancellationToken cancel)
    {
        if (ca.LastForcedRotation != config.ForceRotate)
        {
            using var fresh = RootAuthority.Create(time, ids);
            return await RotationToAsync(ca, config, ByteString.CopyFrom(fresh.CertificatePem), ByteString.CopyFromUtf8(fresh.KeyPem), cancel);
        }
        if (ca.Rotation is { Key.IsEmpty: true } rotation) await RequireExternalAsync(ca, config, rotation.Cert, "next", cancel);
        return ca;
    }

    /// <summary>Signed by the root that all trust, not by one that is on its way.</summary>
    private async Task<RootCa> RotationToAsync(RootCa ca, CaConfig config, ByteString cert, ByteString key, CancellationToken cancel)
    {
        if (ca.Key.IsEmpty && key.IsEmpty) throw RpcError.InvalidArgument("rotating from one external CA to a different external CA is not supported");
        var next = ca.Clone();
        next.Rotation = new() { Cert = cert, Key = key, CrossSigned = Between(await CrossSignAsync(ca, config, cert, key, cancel), ca.CrossSigned) };
        next.LastForcedRotation = config.ForceRotate;
        return next;
    }

    private async Task<byte[]> CrossSignAsync(RootCa ca, CaConfig config, ByteString cert, ByteString key, CancellationToken cancel)
    {
        if (ca.Key.IsEmpty) return await external.CrossSignAsync(SwarmIssuer.ExternalUrls(ca.Cert, ca, config), ca.Cert, cert, key, cancel);
        using var old = RootAuthority.Open(ca.Cert.Span, ca.Key.Span, time, ids);
        return old.CrossSign(cert.Span);
    }

    /// <summary>With the one that brought the present root: a node may have been away while that came, and trust the root before it.</summary>
    private static ByteString Between(byte[] crossSigned, ByteString before)
    {
        byte[] all = before.IsEmpty ? crossSigned : [.. crossSigned, .. Encoding.ASCII.GetBytes(CertificatePem.ReadFirst(before.Span).ExportCertificatePem() + "\n")];
        return ByteString.CopyFrom(all);
    }

    /// <summary>What it was rotated to is given up.</summary>
    private static RootCa WithKey(RootCa ca, ByteString key, CaConfig config)
    {
        var next = ca.Clone();
        next.Key = key;
        next.Rotation = null;
        next.LastForcedRotation = config.ForceRotate;
        return next;
    }

    private async Task RequireExternalAsync(RootCa ca, CaConfig config, ByteString cert, string which, CancellationToken cancel)
    {
        var urls = SwarmIssuer.ExternalUrls(cert, ca, config);
        if (!await external.IsAnyThereAsync(urls, cert, cancel))
            throw RpcError.InvalidArgument($"there must be at least one valid, reachable external CA corresponding to the {which} CA certificate");
    }

    private void Check(ByteString cert)
    {
        var all = CertificatePem.Read(cert.Span);
        if (all.Count != 1) throw RpcError.InvalidArgument("the desired CA certificate cannot contain multiple certificates");
        using var root = all[0];
        if (root.NotAfter.ToUniversalTime() < time.GetUtcNow() + ShortestRootLife) throw RpcError.InvalidArgument("CA certificate expires too soon");
        // Docker takes these, and has a swarm then whose nodes refuse each other.
        if (root.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true })
            throw RpcError.InvalidArgument("the desired CA certificate is not a CA's: its basic constraints do not say so");
        if (root.Extensions.All(extension => extension.Oid?.Value != CertificateIssuer.SubjectKey))
            throw RpcError.InvalidArgument("the desired CA certificate has no subject key identifier, by which certificates name their issuer");
    }

    /// <summary>
    /// By a certificate on trial: a root may say in many ways (its key's usage, constraints of names or purposes) that what it issues is
    /// good for nothing. Docker takes such a one as well; no node would let another in from the end of the rotation on.
    /// </summary>
    private void CheckIssues(ByteString cert, ByteString key, string clusterId)
    {
        using var authority = RootAuthority.Open(cert.Span, key.Span, time, ids);
        using var root = CertificatePem.ReadFirst(cert.Span);
        var name = new CertificateName("trial", NodeRole.Manager, clusterId);
        using var issued = CertificatePem.ReadFirst(authority.Issue(CertificateSigningRequest.Create([IPAddress.Loopback]).Pem, name, RootAuthority.DefaultNodeLifetime));
        foreach (var ofServer in new[] { true, false })
        {
            if (CertificateCheck.Check(issued, root, [], time.GetUtcNow(), ofServer).Refusal is { } refusal)
                throw RpcError.InvalidArgument($"the desired CA certificate cannot be a swarm's, no node would accept what it issues: {refusal}");
        }
    }

    private static ByteString Normalized(ByteString pem)
    {
        try
        {
            return ByteString.CopyFrom(CertificatePem.Normalize(pem.Span));
        }
        catch (SkeinException)
        {
            throw RpcError.InvalidArgument("could not parse the desired CA certificate");
        }
    }

    /// <summary>As PKCS#8, once it is known to be the certificate's.</summary>
    private static ByteString KeyOf(ByteString cert, ByteString key)
    {
        try
        {
            using var both = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(cert.Span), Encoding.ASCII.GetString(key.Span));
            using var elliptic = both.GetECDsaPrivateKey();
            using var rsa = both.GetRSAPrivateKey();
            var pem = elliptic?.ExportPkcs8PrivateKeyPem() ?? rsa?.ExportPkcs8PrivateKeyPem() ?? throw new CryptographicException("neither ECDSA nor RSA");
            return ByteString.CopyFromUtf8(pem + "\n");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw RpcError.InvalidArgument("certificate key mismatch");
        }
    }

    private static bool SameKey(ByteString one, ByteString other)
    {
        using var a = CertificatePem.ReadFirst(one.Span);
        using var b = CertificatePem.ReadFirst(other.Span);
        return CertificateIssuer.PublicKeyOf(a).Equals(CertificateIssuer.PublicKeyOf(b));
    }
}
