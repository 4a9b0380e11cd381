using System.Text.Json.Serialization;
using Skein.NodeLife;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>The Swarm section of GET /info</summary>
internal sealed record SwarmInfoJson
{
    public required string NodeID { get; init; }
    public required string NodeAddr { get; init; }
    public required string LocalNodeState { get; init; }
    public required bool ControlAvailable { get; init; }
    public required string Error { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<PeerJson>? RemoteManagers { get; init; }

    public int? Nodes { get; init; }
    public int? Managers { get; init; }
    public ClusterJson? Cluster { get; init; }

    internal sealed record PeerJson(string NodeID, string Addr);

    public static string StateName(LocalNodeState state) => state.ToString().ToLowerInvariant();

    public static SwarmInfoJson From(ISwarmNode swarm)
    {
        var snapshot = swarm.Control?.Snapshot;
        var managers = swarm.Managers.Select(m => new PeerJson(m.NodeId, m.Addr)).ToList();
        return new SwarmInfoJson
        {
            NodeID = swarm.NodeId,
            NodeAddr = swarm.NodeAddress,
            LocalNodeState = StateName(swarm.State),
            ControlAvailable = snapshot is not null,
            Error = swarm.LacksLeader ? RpcError.NoLeader().Message : swarm.Error,
            RemoteManagers = managers.Count == 0 ? null : managers,
            Nodes = snapshot?.Nodes.Count,
            Managers = snapshot?.Nodes.All.Count(n => n.ManagerStatus is not null),
            Cluster = snapshot?.Cluster is { } cluster ? ClusterJson.From(cluster, withTokens: false) : null,
        };
    }
}
