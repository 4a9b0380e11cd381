using Skein.Manager.Control;
using Skein.Manager.Logs;
using Skein.Model;

namespace Skein.NodeLife;

public enum LocalNodeState
{
    Inactive,
    Pending,
    Active,
    Error,
    Locked,
}

/// <summary>This host's part in a swarm: none, worker or manager, and the ways between them.</summary>
public interface ISwarmNode
{
    LocalNodeState State { get; }

    /// <summary>Why <see cref="State"/> is Error, or why the node does not have the role that it shall have; else empty.</summary>
    string Error { get; }

    string NodeId { get; }

    /// <summary>The underlay address others reach this node by.</summary>
    string NodeAddress { get; }

    /// <summary>The swarm's verbs; null when this node is not a manager.</summary>
    ISwarmControl? Control { get; }

    /// <summary>null when this node is not a manager.</summary>
    ISwarmLogs? Logs { get; }

    /// <summary>This node is a manager, and too few others are in reach: what the swarm is and shall be cannot be told by it.</summary>
    bool LacksLeader { get; }

    /// <summary>
    /// Waits while this node is a manager that has just started and does not hold the swarm's state yet: up to ten seconds after the
    /// start. Then, and when the others are lost later, what is asked is answered at once with <see cref="LacksLeader"/>.
    /// </summary>
    Task SettleAsync(CancellationToken cancel);

    /// <summary>Managers as this node knows them, for its sessions and for `docker info`.</summary>
    IReadOnlyList<ManagerPeer> Managers { get; }

    Task<string> InitAsync(SwarmInitRequest request, CancellationToken cancel);

    Task JoinAsync(SwarmJoinRequest request, CancellationToken cancel);

    Task LeaveAsync(bool force, CancellationToken cancel);

    /// <param name="key">As the operator has typed it.</param>
    Task UnlockAsync(string key, CancellationToken cancel);
}

public sealed record SwarmInitRequest(
    string ListenAddr,
    string AdvertiseAddr,
    string DataPathAddr,
    uint DataPathPort,
    IReadOnlyList<string> DefaultAddrPool,
    uint SubnetSize,
    bool ForceNewCluster,
    NodeAvailability Availability,
    ClusterSpec Spec);

public sealed record SwarmJoinRequest(
    string ListenAddr,
    string AdvertiseAddr,
    string DataPathAddr,
    IReadOnlyList<string> RemoteAddrs,
    string JoinToken,
    NodeAvailability Availability);
