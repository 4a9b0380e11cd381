using System.Collections.Immutable;
using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Bridges;

/// <summary>A container's leg on a bridge, with what was chosen for it.</summary>
/// <param name="Names">By which others on the network know it, the container's own name first.</param>
internal sealed record AttachedLeg(
    BridgeSpec Bridge, uint Number, ImmutableArray<InterfaceAddress> Addresses, MacAddress Mac, ImmutableArray<string> Names, int Priority)
{
    public IPAddress? Address(bool ipv6) => Addresses.FirstOrDefault(address => address.IsIPv6 == ipv6).Address;
}
