using System.Collections.Immutable;
using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>A container's leg, with what was chosen for it.</summary>
/// <param name="Names">By which others on the network know it, the container's own name first.</param>
internal abstract record AttachedLeg(uint Number, ImmutableArray<InterfaceAddress> Addresses, MacAddress Mac, ImmutableArray<string> Names, int Priority)
{
    public abstract string NetworkId { get; }

    public abstract string NetworkName { get; }

    public string Device => LegNumber.Device(Number);

    /// <summary>Others on its network are found by name.</summary>
    public virtual bool HasNames => true;

    /// <summary>Ports of the host may lead to it.</summary>
    public virtual IPAddress HostBinding => IPAddress.Any;

    /// <summary>Where what leaves the container by it goes first; null when it is no way out.</summary>
    public abstract IPAddress? GatewayOf(bool ipv6);

    public IPAddress? Address(bool ipv6) => Addresses.FirstOrDefault(address => address.IsIPv6 == ipv6).Address;
}
