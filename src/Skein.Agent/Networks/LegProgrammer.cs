using System.Net;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>Makes the legs of one namespace. What is there already stays as it is: connections over it live on.</summary>
internal sealed class LegProgrammer(RtNetlink host, RtNetlink fabric)
{
    // Ends that are missing, then what is set on them, then a look that finds nothing; one more for what others change meanwhile.
    private const int Looks = 4;

    /// <summary>On a thread that has entered the namespace.</summary>
    public void Apply(NetworkNamespace space, RtNetlink inside, IReadOnlyList<LegSpec> legs)
    {
        var present = inside.Links().ToDictionary(link => link.Name);
        var missing = legs.Where(leg => !present.ContainsKey(leg.Interface)).ToList();
        if (missing.Count > 0)
        {
            Make(space, [.. missing.Where(leg => !leg.OnHost)], fabric);
            Make(space, [.. missing.Where(leg => leg.OnHost)], host);
            present = inside.Links().ToDictionary(link => link.Name);
        }
        inside.Apply(Addressed(legs, present, onlyMissing: missing.Count == 0 ? inside.Addresses() : null));
        var (inFabric, onHost) = (new NetlinkBatch(), new NetlinkBatch());
        foreach (var leg in missing)
        {
            if (!leg.Learns) (leg.OnHost ? onHost : inFabric).SetPortEntry(present[leg.Interface].Link, leg.Mac);
            if (!leg.OnHost || leg.Macvlan is not null) continue;
            foreach (var address in leg.Addresses) onHost.SetNeighbour(leg.Bridge, address.Address, leg.Mac);
        }
        if (!inFabric.IsEmpty) fabric.Apply(inFabric);
        if (!onHost.IsEmpty) host.Apply(onHost);
    }

    public LegPorts Ports()
    {
        var ports = host.Links().ToDictionary(link => link.Name);
        if (!ReferenceEquals(host, fabric))
        {
            foreach (var link in fabric.Links()) ports[link.Name] = link;
        }
        return new LegPorts(
            ports,
            host.Forwarding().Where(entry => entry is { Master: not 0, IsStatic: true }).Select(entry => (entry.Link, entry.Mac)).ToHashSet(),
            host.Neighbours().Where(entry => entry.IsPermanent).DistinctBy(entry => (entry.Link, entry.Address)).ToDictionary(entry => (entry.Link, entry.Address), entry => entry.Mac));
    }

    /// <summary>Looks at legs that have been made, and puts right what has been changed. On a thread that has entered the namespace.</summary>
    /// <param name="all">Also what is inside.</param>
    /// <param name="mtuFollows">Another MTU is wished than before: following it is not putting right.</param>
    /// <param name="ports">As read a moment ago, for all containers; whether something differs is decided by a fresh look.</param>
    /// <returns>What was put right, and whether a leg had to be made anew.</returns>
    public (IReadOnlyList<string> Changes, bool Remade) Verify(
        NetworkNamespace space, RtNetlink inside, IReadOnlyList<LegSpec> legs, bool all, bool mtuFollows, LegPorts? ports)
    {
        var told = new List<string>();
        var remade = false;
        if (ports is not null && LegPlan.Between(legs, Observe(inside, ports), all).IsEmpty) return (told, remade);
        for (var look = 1; look <= Looks; look++)
        {
            var plan = LegPlan.Between(legs, Observe(inside, Ports()), all);
            if (plan.IsEmpty) break;
            told.AddRange([.. plan.Broken.Select(leg => $"leg {leg.Interface} with {leg.Port}"), .. plan.Changes.Where(change => !mtuFollows || change is not (LegChange.SetMtu or LegChange.SetPortMtu)).Select(change => change.ToString())]);
            remade |= plan.Broken.Count > 0;
            if (plan.Broken.Count > 0) Remake(space, inside, legs, plan.Broken);
            else Apply(inside, plan.Changes);
        }
        return (told, remade);
    }

    public void Delete(string containerId, int legs)
    {
        var ports = new NetlinkBatch();
        for (var leg = 0; leg < legs; leg++) ports.DeleteLink(DeviceNames.FabricPort(containerId, leg));
        if (!ports.IsEmpty) fabric.Apply(ports);
        host.Apply(new NetlinkBatch().DeleteLink(DeviceNames.GatewayPort(containerId)));
    }

    private static LegObservation Observe(RtNetlink inside, LegPorts outside) =>
        new(inside.Links().ToDictionary(link => link.Name), inside.Addresses(), inside.Routes(), inside.Neighbours(), outside);

    private void Remake(NetworkNamespace space, RtNetlink inside, IReadOnlyList<LegSpec> legs, IReadOnlyList<LegSpec> broken)
    {
        // With what is left of a pair its other end goes too, wherever it is.
        var rests = new NetlinkBatch();
        foreach (var leg in broken) rests.DeleteLink(leg.Interface);
        inside.Apply(rests);
        Apply(space, inside, legs);
    }

    private void Apply(RtNetlink inside, IReadOnlyList<LegChange> changes)
    {
        var within = new NetlinkBatch();
        var onHost = new NetlinkBatch();
        foreach (var change in changes) Add(change, within, onHost);
        if (!onHost.IsEmpty) host.Apply(onHost);
        if (!within.IsEmpty) inside.Apply(within);
    }

    private static void Add(LegChange change, NetlinkBatch within, NetlinkBatch onHost) => _ = change switch
    {
        LegChange.SetUp set => within.SetUp(set.Link),
        LegChange.SetMtu set => within.SetMtu(set.Link, set.Mtu),
        LegChange.SetMac set => within.SetMac(set.Link, set.Mac),
        LegChange.SetAddress set => within.SetAddress(set.Link, set.Address),
        LegChange.RenewLoopback renew => within.SetDown(renew.Link).SetUp(renew.Link),
        LegChange.SetGateway set => within.SetRoute(null, set.Gateway, set.Link, isIPv6: IsIPv6(set.Gateway)),
        LegChange.SetGatewayNeighbour set => within.SetNeighbour(set.Link, set.Gateway, MacAddress.OfIPv4(set.Gateway)),
        LegChange.SetNeighbour set => onHost.SetNeighbour(set.Bridge, set.Address, set.Mac),
        LegChange.SetPortEntry set => onHost.SetPortEntry(set.Link, set.Mac),
        LegChange.SetPortUp set => onHost.SetUp(set.Link),
        LegChange.SetPortMtu set => onHost.SetMtu(set.Link, set.Mtu),
        LegChange.SetPortMaster set => onHost.SetMaster(set.Link, set.Bridge),
        LegChange.SetPortMode set => onHost.SetBridgePort(new LinkName(set.Link, set.Port), set.Mode),
        _ => throw new InvalidOperationException($"a change of an unknown kind: {change}"),
    };

    private static void Make(NetworkNamespace space, List<LegSpec> legs, RtNetlink side)
    {
        if (legs.Count == 0) return;
        var batch = new NetlinkBatch();
        foreach (var leg in legs)
        {
            if (leg.Macvlan is { } mode)
            {
                batch.AddMacvlan(leg.Bridge, leg.Mtu, space, leg.Interface, leg.Mac, mode);
                continue;
            }
            // A port of that name without its end in the namespace is a leftover.
            batch.DeleteLink(leg.Port)
                .AddVeth(leg.Port, leg.Bridge, leg.Mtu, space, leg.Interface, leg.Mac)
                .SetBridgePort(leg.Port, leg.Mode);
        }
        side.Apply(batch);
    }

    private static bool IsIPv6(IPAddress address) => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    private static NetlinkBatch Addressed(
        IReadOnlyList<LegSpec> legs, Dictionary<string, LinkInfo> present, IReadOnlyList<AddressInfo>? onlyMissing)
    {
        var batch = new NetlinkBatch().SetUp(present["lo"].Index);
        foreach (var leg in legs)
        {
            var link = present[leg.Interface];
            foreach (var address in leg.Addresses)
            {
                if (onlyMissing?.Contains(new AddressInfo(link.Index, address)) != true) batch.SetAddress(link.Index, address);
            }
            if (!link.Up) batch.SetUp(link.Index);
            foreach (var gateway in leg.Gateways)
            {
                batch.SetRoute(null, gateway, link.Index, isIPv6: IsIPv6(gateway));
                if (leg.Tells(gateway)) batch.SetNeighbour(link.Index, gateway, MacAddress.OfIPv4(gateway));
            }
        }
        return batch;
    }
}
