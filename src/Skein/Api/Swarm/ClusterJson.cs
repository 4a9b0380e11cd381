using System.Security.Cryptography.X509Certificates;
using System.Text;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>GET /swarm, and without the tokens the Cluster of GET /info.</summary>
internal sealed record ClusterJson
{
    public required string ID { get; init; }
    public required VersionIndexJson Version { get; init; }
    public required string CreatedAt { get; init; }
    public required string UpdatedAt { get; init; }
    public required ClusterSpecJson Spec { get; init; }
    public required TlsInfoJson TLSInfo { get; init; }
    public bool RootRotationInProgress { get; init; }
    public required IReadOnlyList<string> DefaultAddrPool { get; init; }
    public uint SubnetSize { get; init; }
    public uint DataPathPort { get; init; }
    public JoinTokensJson? JoinTokens { get; init; }

    internal sealed record JoinTokensJson(string Worker, string Manager);

    internal sealed record TlsInfoJson(string TrustRoot, string CertIssuerSubject, string CertIssuerPublicKey)
    {
        /// <summary>Of the swarm's root certificate: subject and key are DER in base64, as Go writes its []byte.</summary>
        public static TlsInfoJson FromRoot(Cluster? cluster)
        {
            if (cluster?.RootCa is not { Cert.IsEmpty: false } ca) return new TlsInfoJson("", "", "");
            var pem = Encoding.ASCII.GetString(ca.Cert.Span);
            using var root = X509Certificate2.CreateFromPem(pem);
            return new TlsInfoJson(
                pem,
                Convert.ToBase64String(root.SubjectName.RawData),
                Convert.ToBase64String(root.PublicKey.ExportSubjectPublicKeyInfo()));
        }
    }

    public static ClusterJson From(Cluster cluster, bool withTokens) => new()
    {
        ID = cluster.Id,
        Version = VersionIndexJson.From(cluster.Meta),
        CreatedAt = GoTime.Format(cluster.Meta?.CreatedAt),
        UpdatedAt = GoTime.Format(cluster.Meta?.UpdatedAt),
        Spec = ClusterSpecJson.From(cluster.Spec ?? new ClusterSpec()),
        TLSInfo = TlsInfoJson.FromRoot(cluster),
        DefaultAddrPool = [.. cluster.DefaultAddressPool],
        SubnetSize = cluster.SubnetSize,
        DataPathPort = cluster.DataPathPort,
        JoinTokens = withTokens && cluster.RootCa?.JoinTokens is { } tokens ? new JoinTokensJson(tokens.Worker, tokens.Manager) : null,
    };
}
