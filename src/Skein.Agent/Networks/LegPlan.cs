using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>
/// The difference between the wished legs of one namespace and what stands. What others have put beside ours (an address, a
/// route) stays. Ports in the fabric are looked after by <see cref="FabricPlan"/>.
/// </summary>
/// <param name="Broken">Legs of which an end is missing, or is another pair's: they are made anew.</param>
internal sealed record LegPlan(IReadOnlyList<LegSpec> Broken, IReadOnlyList<LegChange> Changes)
{
    private const uint MainTable = 254;

    public bool IsEmpty => Broken.Count + Changes.Count == 0;

    /// <param name="inside">Whether what is inside the namespace is to be put right too.</param>
    public static LegPlan Between(IReadOnlyList<LegSpec> legs, LegObservation observed, bool inside)
    {
        var broken = legs.Where(leg => inside && !IsWhole(leg, observed)).ToList();
        var changes = legs.Except(broken).SelectMany(leg => Port(leg, observed));
        if (inside) changes = [.. Loopback(observed), .. changes, .. legs.Except(broken).SelectMany(leg => Inside(leg, observed))];
        return new LegPlan(broken, [.. changes]);
    }

    private static bool IsWhole(LegSpec leg, LegObservation observed) =>
        leg.Macvlan is not null ? observed.Inside.TryGetValue(leg.Interface, out var own) && own.Kind == "macvlan" && own.Link == leg.Bridge
        : observed.Inside.TryGetValue(leg.Interface, out var end)
        && observed.Outside.ByName.TryGetValue(leg.Port, out var port)
        && end.Link == port.Index && port.Link == end.Index;

    private static IEnumerable<LegChange> Loopback(LegObservation observed)
    {
        if (!observed.Inside.TryGetValue("lo", out var lo)) yield break;
        if (!lo.Up || !observed.Addresses.Any(address => address.Link == lo.Index && IPAddress.IsLoopback(address.Address.Address))) yield return new LegChange.RenewLoopback(lo.Index);
    }

    private static IEnumerable<LegChange> Inside(LegSpec leg, LegObservation observed)
    {
        var link = observed.Inside[leg.Interface];
        if (link.Mac != leg.Mac) yield return new LegChange.SetMac(link.Index, link.Name, leg.Mac);
        if (link.Mtu != leg.Mtu) yield return new LegChange.SetMtu(link.Index, link.Name, leg.Mtu);
        foreach (var address in leg.Addresses)
        {
            if (!observed.Addresses.Contains(new AddressInfo(link.Index, address))) yield return new LegChange.SetAddress(link.Index, link.Name, address);
        }
        if (!link.Up) yield return new LegChange.SetUp(link.Index, link.Name);
        foreach (var gateway in leg.Gateways)
        {
            if (!observed.Routes.Any(route => IsDefault(route, gateway, link.Index))) yield return new LegChange.SetGateway(link.Index, gateway);
            if (leg.Tells(gateway) && !observed.Neighbours.Any(entry => IsHost(entry, gateway, link.Index)))
                yield return new LegChange.SetGatewayNeighbour(link.Index, gateway);
        }
    }

    private static bool IsDefault(RouteInfo route, IPAddress gateway, int link) =>
        // The kernel gives a route of IPv6 a metric of its own where none is named.
        route is { Destination: null, Table: MainTable } && (route.IsIPv6 || route.Metric == 0) && route.Link == link && gateway.Equals(route.Gateway);

    private static bool IsHost(NeighbourInfo entry, IPAddress gateway, int link) =>
        entry.IsPermanent && entry.Link == link && gateway.Equals(entry.Address) && entry.Mac == MacAddress.OfIPv4(gateway);

    private static IEnumerable<LegChange> Port(LegSpec leg, LegObservation observed)
    {
        if (!leg.OnHost || leg.Macvlan is not null || !observed.Outside.ByName.TryGetValue(leg.Port, out var port)) yield break;
        if (port.Master != leg.Bridge) yield return new LegChange.SetPortMaster(port.Index, port.Name, leg.Bridge);
        if (port.Master != leg.Bridge || port.Port != leg.Mode)
            yield return new LegChange.SetPortMode(port.Index, port.Name, leg.Mode);
        if (port.Mtu != leg.Mtu) yield return new LegChange.SetPortMtu(port.Index, port.Name, leg.Mtu);
        if (!port.Up) yield return new LegChange.SetPortUp(port.Index, port.Name);
        // A port that comes to a bridge has no entries there, whatever was seen before.
        if (!leg.Learns && (port.Master != leg.Bridge || !observed.Outside.Entries.Contains((port.Index, leg.Mac)))) yield return new LegChange.SetPortEntry(port.Index, port.Name, leg.Mac);
        foreach (var address in leg.Addresses.Select(own => own.Address))
        {
            if (observed.Outside.Neighbours.GetValueOrDefault((leg.Bridge, address)) != leg.Mac) yield return new LegChange.SetNeighbour(leg.Bridge, address, leg.Mac);
        }
    }
}
