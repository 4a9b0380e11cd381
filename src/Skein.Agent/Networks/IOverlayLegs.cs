using System.Net;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>
/// The far ends of legs whose namespaces are made elsewhere, as users' containers' are: in the fabric, and on docker_gwbridge. What is held
/// counts as local, is in the tunnels' tables, and is nobody's leftover.
/// </summary>
internal interface IOverlayLegs
{
    /// <summary>As this node is told; null for another's.</summary>
    OverlayNetwork? Find(string idOrName);

    /// <summary>Whether the devices of all these networks stand.</summary>
    bool Stand(IEnumerable<string> networkIds);

    /// <summary>Completes when the fabric has been looked at the next time: at its events, at news of the swarm, and at the clock.</summary>
    Task NextLook { get; }

    /// <summary>The tunnel entries of these networks are in the kernel when this returns, and docker_gwbridge stands.</summary>
    Task EnsureAsync(IReadOnlyCollection<string> networkIds, CancellationToken cancel);

    /// <summary>Of one container all; those that it had before and has no more are taken away.</summary>
    void Hold(string containerId, IReadOnlyList<LocalPort> ports);

    LegSpec LegOf(LocalPort port, string device, IEnumerable<InterfaceAddress> addresses);

    /// <summary>The same for the same container, as long as it has it, and the bridge's own.</summary>
    (InterfaceAddress Own, IPAddress Gateway) HoldGateway(string containerId);

    /// <summary>What it has from an earlier daemon.</summary>
    void KeepGateway(string containerId, InterfaceAddress own);

    /// <param name="published">Other containers of this host may come to its ports of the host, from bridge port to bridge port.</param>
    LegSpec GatewayLegOf(string containerId, string device, InterfaceAddress own, bool published);

    void ReleaseGateway(string containerId);

    /// <summary>The host leaves its swarm: nothing is made for anybody any more until another is told of.</summary>
    void Leave();

    /// <summary>For legs of these and of the host.</summary>
    LegProgrammer Programmer();
}
