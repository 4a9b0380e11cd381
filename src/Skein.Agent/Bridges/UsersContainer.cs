using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>A user's container as it stands on its networks.</summary>
/// <param name="Space">Held open, so that a pin that somebody unmounts can be set again.</param>
internal sealed record UsersContainer(ContainerDefinition Definition, ImmutableArray<AttachedLeg> Legs, NetworkNamespace Space)
{
    public ImmutableArray<BoundPort> Ports { get; init; } = [];

    public ContainerNetwork? Network { get; init; }

    /// <summary>Its legs as they were wished when they were last made or looked at: another wish is no change of somebody's.</summary>
    public IReadOnlyList<LegSpec> Made { get; init; } = [];

    /// <summary>Legs that it is to have, and that a daemon was killed before it could make.</summary>
    public ImmutableArray<StandaloneEndpoint> Lacking { get; init; } = [];

    /// <summary>An earlier daemon's, on networks of the swarm that are not known yet: its names and balancers stay as they are until they are.</summary>
    public bool AwaitsSwarm { get; init; }

    public string Id => Definition.Id;

    /// <summary>With the default route: the highest priority, then the first by name, as Docker.</summary>
    public AttachedLeg? GatewayLeg(bool ipv6) => Legs
        .Where(leg => leg.GatewayOf(ipv6) is not null)
        .OrderByDescending(leg => leg.Priority).ThenBy(leg => leg.NetworkName, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>By which published ports lead in: on a network of the driver macvlan its own addresses are the LAN's, and nothing is published.</summary>
    public AttachedLeg? PublishingLeg(bool ipv6) => GatewayLeg(ipv6) is { } leg and not BridgeLeg { Bridge.Macvlan: not null } ? leg : null;

    public IReadOnlyList<IPAddress> GatewaysOf(AttachedLeg leg) =>
        [.. new[] { false, true }.Where(ipv6 => ReferenceEquals(GatewayLeg(ipv6), leg)).Select(ipv6 => leg.GatewayOf(ipv6)!)];

    /// <summary>Where its published ports lead now: to the leg that answers leave by.</summary>
    public IEnumerable<PublishedEnd> Ends() => Ports
        .Select(port => (Port: port, Address: PublishingLeg(port.Host.IsIPv6)?.Address(port.Host.IsIPv6)))
        .Where(end => end.Address is not null)
        .Select(end => new PublishedEnd(end.Port.Host, end.Address!, end.Port.Target.Port));
}
