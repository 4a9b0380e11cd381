using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Netlink;

namespace Skein.Agent.Bridges;

/// <summary>On one of the host's own networks.</summary>
internal sealed record BridgeLeg(
    BridgeSpec Bridge, uint Number, ImmutableArray<InterfaceAddress> Addresses, MacAddress Mac, ImmutableArray<string> Names, int Priority)
    : AttachedLeg(Number, Addresses, Mac, Names, Priority)
{
    public override string NetworkId => Bridge.NetworkId;

    public override string NetworkName => Bridge.Name;

    public override bool HasNames => !Bridge.IsDefault;

    public override IPAddress HostBinding => Bridge.HostBinding;

    public override IPAddress? GatewayOf(bool ipv6) => Bridge.Internal ? null : Bridge.Pool(ipv6)?.Gateway;
}
