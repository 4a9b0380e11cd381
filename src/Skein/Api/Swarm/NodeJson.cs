using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>A node as GET /nodes shows it.</summary>
internal sealed record NodeJson
{
    public required string ID { get; init; }
    public required VersionIndexJson Version { get; init; }
    public required string CreatedAt { get; init; }
    public required string UpdatedAt { get; init; }
    public required NodeSpecJson Spec { get; init; }
    public required DescriptionJson Description { get; init; }
    public required NodeStatusJson Status { get; init; }
    public ManagerStatusJson? ManagerStatus { get; init; }

    internal sealed record NodePlatformJson(string Architecture, string OS);

    internal sealed record NodeResourcesJson(long NanoCPUs, long MemoryBytes, IReadOnlyList<GenericResourceJson>? GenericResources);

    internal sealed record PluginJson(string Type, string Name);

    internal sealed record EngineJson(string EngineVersion, IReadOnlyDictionary<string, string>? Labels, IReadOnlyList<PluginJson> Plugins);

    internal sealed record DescriptionJson(string Hostname, NodePlatformJson Platform, NodeResourcesJson Resources, EngineJson Engine, ClusterJson.TlsInfoJson TLSInfo);

    internal sealed record NodeStatusJson(string State, string? Message, string Addr);

    internal sealed record ManagerStatusJson(bool? Leader, string Reachability, string Addr);

    private static readonly PluginJson[] s_plugins =
        [new("Log", "journald"), new("Log", "json-file"), new("Log", "local"), new("Log", "syslog"), new("Network", "bridge"), new("Network", "host"), new("Network", "macvlan"), new("Network", "null"), new("Network", "overlay"), new("Volume", "local")];

    public static NodeJson From(Node node, Snapshot snapshot) => new()
    {
        ID = node.Id,
        Version = VersionIndexJson.From(node.Meta),
        CreatedAt = GoTime.Format(node.Meta?.CreatedAt),
        UpdatedAt = GoTime.Format(node.Meta?.UpdatedAt),
        Spec = NodeSpecJson.From(node.Spec),
        Description = Describe(node.Description ?? new NodeDescription()),
        Status = new NodeStatusJson(
            (node.Status?.State ?? NodeState.Unknown).ToString().ToLowerInvariant(),
            node.Status?.Message is { Length: > 0 } message ? message : null,
            node.Status?.Addr ?? ""),
        ManagerStatus = node.ManagerStatus is { } status
            ? new ManagerStatusJson(
                snapshot.Leader?.ManagerId == node.Id ? true : null, status.Reachability.ToString().ToLowerInvariant(), status.Addr)
            : IsToBeManagerInVain(node) ? new ManagerStatusJson(null, "unreachable", "") : null,
    };

    /// <summary>Promoted, and it has said why it cannot be one: `docker node ls` shows it as Unreachable, not as a worker.</summary>
    private static bool IsToBeManagerInVain(Node node) =>
        node is { Spec.Role: NodeRole.Manager, ManagerStatus: null, Status: { State: NodeState.Ready, Message.Length: > 0 } };

    private static DescriptionJson Describe(NodeDescription description) => new(
        description.Hostname,
        new NodePlatformJson(description.Platform?.Architecture ?? "", description.Platform?.Os ?? ""),
        new NodeResourcesJson(description.Resources?.NanoCpus ?? 0, description.Resources?.MemoryBytes ?? 0, GenericResourceJson.Of(description.Resources?.Generic)),
        new EngineJson(description.EngineVersion, description.EngineLabels.Count == 0 ? null : description.EngineLabels.ToDictionary(), s_plugins),
        ClusterJson.TlsInfoJson.From(description.TlsInfo));
}
