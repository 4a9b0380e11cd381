using Skein.Manager.Certificates;
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

    /// <summary>Subject and key are DER in base64, as Go writes its []byte.</summary>
    internal sealed record TlsInfoJson(string TrustRoot, string CertIssuerSubject, string CertIssuerPublicKey)
    {
        public static TlsInfoJson From(TlsInfo? info) => info is null
            ? new("", "", "")
            : new(info.TrustRoot.ToStringUtf8(), info.IssuerSubject.ToBase64(), info.IssuerPublicKey.ToBase64());
    }

    public static ClusterJson From(Cluster cluster, bool withTokens) => new()
    {
        ID = cluster.Id,
        Version = VersionIndexJson.From(cluster.Meta),
        CreatedAt = GoTime.Format(cluster.Meta?.CreatedAt),
        UpdatedAt = GoTime.Format(cluster.Meta?.UpdatedAt),
        Spec = ClusterSpecJson.From(cluster.Spec ?? new ClusterSpec()),
        TLSInfo = TlsInfoOf(cluster.RootCa),
        RootRotationInProgress = cluster.RootCa?.Rotation is not null,
        DefaultAddrPool = [.. cluster.DefaultAddressPool],
        SubnetSize = cluster.SubnetSize,
        DataPathPort = cluster.DataPathPort,
        JoinTokens = withTokens && cluster.RootCa?.JoinTokens is { } tokens ? new JoinTokensJson(tokens.Worker, tokens.Manager) : null,
    };

    /// <summary>The root that is trusted, and who issues: while it is rotated, already the next one.</summary>
    private static TlsInfoJson TlsInfoOf(RootCa? ca) => TlsInfoJson.From(ca is { Cert.IsEmpty: false } ? SwarmIssuer.InfoOf(ca) : null);
}
