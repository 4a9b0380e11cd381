using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>The wish for one container's network: what its task says.</summary>
/// <param name="Legs">Overlay legs in order: eth0, eth1, …; the leg on docker_gwbridge follows as the last.</param>
/// <param name="Ports">The service's ports: ingress ones for the return path, host ones to publish on this host.</param>
/// <param name="Dns">Nameservers, search and options given by the user; null = the host's.</param>
public sealed record ContainerNetworkSpec(
    string ContainerId,
    string Name,
    string TaskId,
    string ServiceId,
    string Hostname,
    IReadOnlyList<NetworkAttachment> Legs,
    IReadOnlyList<PortConfig> Ports,
    DnsConfig? Dns,
    IReadOnlyList<string> ExtraHosts,
    IReadOnlyDictionary<string, string> Sysctls)
{
    /// <summary>
    /// It has the right to change its own network (CAP_NET_ADMIN; a VPN's client takes the default route): addresses, routes and
    /// parameters inside are then its own affair once they have been made.
    /// </summary>
    public bool ArrangesItself { get; init; }

    /// <summary>It is no task's: it is here whether the host is in a swarm or not.</summary>
    public bool OfUser { get; init; }

    /// <summary>Ids of the host's own networks whose names it knows.</summary>
    public IReadOnlyList<string> NamesOf { get; init; } = [];

    /// <summary>What it alone calls others on these, by network and alias in lower case: `--link`.</summary>
    public IReadOnlyDictionary<(string NetworkId, string Alias), string> Links { get; init; } = ImmutableDictionary<(string, string), string>.Empty;
}
