using System.Collections.Immutable;
using System.Net;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>On a network of the swarm, which has given its addresses.</summary>
/// <param name="Internal">It wants no other way out.</param>
/// <param name="Attachment">Id of the wish by which it was given.</param>
internal sealed record OverlayLeg(
    StoredNetwork Network, bool Internal, string Attachment, uint Number, ImmutableArray<InterfaceAddress> Addresses, MacAddress Mac, ImmutableArray<string> Names, int Priority)
    : AttachedLeg(Number, Addresses, Mac, Names, Priority)
{
    public override string NetworkId => Network.Id;

    public override string NetworkName => Network.Name;

    public override IPAddress? GatewayOf(bool ipv6) => null;

    /// <summary>The fabric's end of it.</summary>
    public LocalPort PortOf(string containerId) => new(DeviceNames.FabricPort(containerId, (int)Number), NetworkId, Mac);
}
