using System.Collections.Immutable;
using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>One leg to be made: an end in the container, an end in a bridge of the fabric or of the host.</summary>
/// <param name="Port">Name of the other end.</param>
/// <param name="Bridge">Its bridge's index, in the fabric or on the host.</param>
/// <param name="Isolated">Reaches the bridge itself, and no other port of it.</param>
internal sealed record LegSpec(
    string Interface,
    string Port,
    int Bridge,
    uint Mtu,
    MacAddress Mac,
    ImmutableArray<InterfaceAddress> Addresses,
    bool OnHost,
    bool Isolated)
{
    /// <summary>Of the default routes that lead out by it, one of a family.</summary>
    public ImmutableArray<IPAddress> Gateways { get; init; } = [];

    /// <summary>The bridge learns who is behind the port, as one of Docker's does: else it is told.</summary>
    public bool Learns { get; init; }

    /// <summary>What it sends may come back to it: to a port of the host that leads to itself.</summary>
    public bool Hairpin { get; init; }

    /// <summary>It has no other end: a device on the host's one that Bridge is the index of.</summary>
    public MacvlanMode? Macvlan { get; init; }

    public BridgePortInfo Mode => new(Learns, Learns, Isolated) { Hairpin = Hairpin };

    /// <summary>A bridge's own address is made of its IPv4 address: nobody has to ask for it.</summary>
    public bool Tells(IPAddress gateway) => Macvlan is null && gateway.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
}
