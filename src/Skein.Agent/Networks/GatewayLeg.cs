using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>On docker_gwbridge: the way out of a container whose only networks are the swarm's.</summary>
internal sealed record GatewayLeg(uint Number, InterfaceAddress Own, IPAddress Gateway)
    : AttachedLeg(Number, [Own], MacAddress.OfIPv4(Own.Address), [], int.MinValue)
{
    public override string NetworkId => DeviceNames.GatewayBridge;

    public override string NetworkName => DeviceNames.GatewayBridge;

    public override bool HasNames => false;

    public override IPAddress? GatewayOf(bool ipv6) => ipv6 ? null : Gateway;
}
