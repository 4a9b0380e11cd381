using Skein.Model;

namespace Skein.NodeLife;

/// <summary>What every node of a swarm runs, as <see cref="SwarmNode"/> starts and ends it.</summary>
internal interface INodeAgent
{
    /// <summary>What the node says of itself.</summary>
    NodeDescription Describe();

    IReadOnlyList<ManagerPeer> Managers { get; }

    /// <summary>Whether a manager holds this node's session.</summary>
    bool Connected { get; }

    /// <summary>What was known before goes on: containers, networks, names. No manager is spoken to.</summary>
    void Restore(string nodeId);

    /// <summary>Restores what was known before, and stays connected to some manager from now on; anew, where it was before.</summary>
    Task StartAsync(NodeMembership membership, Action<Welcome> welcomed);

    /// <summary>Tells the managers why the node does not have the role that it shall have; empty when it has.</summary>
    void SayRole(string failure);

    /// <summary>The daemon ends: containers and networks stay.</summary>
    Task StopAsync();

    /// <summary>The node leaves the swarm: its tasks' containers and the networks go.</summary>
    Task WipeAsync(CancellationToken cancel);
}
