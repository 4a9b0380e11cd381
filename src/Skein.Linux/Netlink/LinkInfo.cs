using System.Net;

namespace Skein.Linux.Netlink;

/// <summary>A network device as the kernel shows it.</summary>
/// <param name="Kind">"bridge", "veth", "vxlan", …; empty for hardware and loopback.</param>
/// <param name="Master">Index of the bridge it is a port of; 0 = none.</param>
/// <param name="Link">Index of the peer (veth) or the lower device; 0 = none.</param>
/// <param name="LinkNamespace">Id of the namespace that <see cref="Link"/> counts in; null = this one.</param>
/// <param name="Port">What the bridge does with it, when it is a port.</param>
public sealed record LinkInfo(
    int Index,
    string Name,
    string Kind,
    bool Up,
    uint Mtu,
    MacAddress Mac,
    int Master,
    int Link,
    int? LinkNamespace,
    VxlanInfo? Vxlan,
    BridgePortInfo? Port)
{
    /// <summary>Of a bridge: frames pass it by their addresses alone, without snooping, VLANs or a spanning tree.</summary>
    public bool IsPlainBridge { get; init; }
}

/// <summary>Settings of a vxlan device.</summary>
public sealed record VxlanInfo(uint Vni, IPAddress? Local, ushort UdpPort, bool Learning, bool Proxy);

/// <summary>Settings of a port of a bridge. Flood is about unicast to addresses the bridge does not know.</summary>
/// <param name="Isolated">Reaches the bridge and ports that are not isolated, only.</param>
/// <param name="Ordinary">What else can be set is as on a new port: broadcast and multicast go out, guards and proxies are off.</param>
public sealed record BridgePortInfo(bool Learning, bool Flood, bool Isolated = false, bool Ordinary = true)
{
    /// <summary>A frame may leave by the port it has come by.</summary>
    public bool Hairpin { get; init; }
}
