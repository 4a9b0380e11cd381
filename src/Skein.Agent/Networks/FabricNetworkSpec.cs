using System.Collections.Immutable;
using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>The wish for one network in the fabric.</summary>
/// <param name="Neighbours">Overlay address to Ethernet address, of endpoints on other hosts: what the vxlan device answers.</param>
/// <param name="Tunnels">Ethernet address to the underlay address of the host behind which it is.</param>
/// <param name="Ports">Containers of this host.</param>
internal sealed record FabricNetworkSpec(
    uint Vni,
    uint Mtu,
    ImmutableDictionary<IPAddress, MacAddress> Neighbours,
    ImmutableDictionary<MacAddress, IPAddress> Tunnels,
    ImmutableArray<LocalPort> Ports);
