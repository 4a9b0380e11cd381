using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>Who issues certificates now: while the CA is rotated, the new root already.</summary>
/// <param name="Cert">PEM of the root that signs.</param>
/// <param name="Key">PEM; empty when an external CA has it.</param>
/// <param name="Between">PEM of what is given with each certificate, for who trusts an older root.</param>
public sealed record SwarmIssuer(ByteString Cert, ByteString Key, ByteString Between)
{
    /// <summary>Each session of a node asks at each change of the store, and a certificate is not read for that each time.</summary>
    private static readonly ConditionalWeakTable<RootCa, TlsInfo> s_infos = [];

    /// <summary>What nodes are told to have: subject and public key of who issues, and the root to trust. Not to be changed.</summary>
    public static TlsInfo InfoOf(RootCa ca) => s_infos.GetValue(ca, key =>
    {
        using var root = CertificatePem.ReadFirst(Of(key).Cert.Span);
        var info = CertificateIssuer.InfoOf(root);
        info.TrustRoot = key.Cert;
        return info;
    });

    public static SwarmIssuer Of(RootCa ca) => ca.Rotation is { } rotation
        ? new(rotation.Cert, rotation.Key, rotation.CrossSigned)
        : new(ca.Cert, ca.Key, ca.CrossSigned);

    /// <summary>Of those that were given with this root or, where none was, with the swarm's own.</summary>
    public static IReadOnlyList<string> ExternalUrls(ByteString root, RootCa ca, CaConfig? config) => [.. (config?.ExternalCas ?? [])
        .Where(external => (external.CaCert.IsEmpty ? ca.Cert : external.CaCert).Equals(root))
        .Select(external => external.Url)];
}
