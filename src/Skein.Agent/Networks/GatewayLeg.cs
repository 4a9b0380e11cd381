using System.Net;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>On docker_gwbridge: the way out of a container whose only networks are the swarm's.</summary>
internal sealed record GatewayLeg(uint Number, InterfaceAddress Own, IPAddress Gateway)
    : AttachedLeg(Number, [Own], MacAddress.OfIPv4(Own.Address), [], int.MinValue)
{
    public override string NetworkId => KnownNetworks.GatewayBridge;

    public override string NetworkName => KnownNetworks.GatewayBridge;

    public override bool HasNames => false;

    public override IPAddress? GatewayOf(bool ipv6) => ipv6 ? null : Gateway;
}
