using System.Net;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>Makes the legs of one namespace. What is there already stays as it is: connections over it live on.</summary>
internal sealed class LegProgrammer(RtNetlink host, RtNetlink fabric)
{
    /// <summary>On a thread that has entered the namespace.</summary>
    /// <param name="gateway">The default route; null for none.</param>
    public void Apply(NetworkNamespace space, RtNetlink inside, IReadOnlyList<LegSpec> legs, IPAddress? gateway)
    {
        var present = inside.Links().ToDictionary(link => link.Name);
        var missing = legs.Where(leg => !present.ContainsKey(leg.Interface)).ToList();
        if (missing.Count > 0)
        {
            Make(space, [.. missing.Where(leg => !leg.OnGateway)], fabric);
            Make(space, [.. missing.Where(leg => leg.OnGateway)], host);
            present = inside.Links().ToDictionary(link => link.Name);
        }
        inside.Apply(Addressed(legs, present, gateway, onlyMissing: missing.Count == 0 ? inside.Addresses() : null));
        var entries = new NetlinkBatch();
        foreach (var leg in missing.Where(leg => !leg.OnGateway)) entries.SetPortEntry(present[leg.Interface].Link, leg.Mac);
        if (!entries.IsEmpty) fabric.Apply(entries);
    }

    public void Delete(string containerId, int legs)
    {
        var ports = new NetlinkBatch();
        for (var leg = 0; leg < legs; leg++) ports.DeleteLink(DeviceNames.FabricPort(containerId, leg));
        if (!ports.IsEmpty) fabric.Apply(ports);
        host.Apply(new NetlinkBatch().DeleteLink(DeviceNames.GatewayPort(containerId)));
    }

    private static void Make(NetworkNamespace space, List<LegSpec> legs, RtNetlink side)
    {
        if (legs.Count == 0) return;
        var batch = new NetlinkBatch();
        foreach (var leg in legs)
        {
            // A port of that name without its end in the namespace is a leftover.
            batch.DeleteLink(leg.Port)
                .AddVeth(leg.Port, leg.Bridge, leg.Mtu, space, leg.Interface, leg.Mac)
                .SetBridgePort(leg.Port, learning: leg.OnGateway, flood: leg.OnGateway, leg.Isolated);
        }
        side.Apply(batch);
    }

    private static NetlinkBatch Addressed(
        IReadOnlyList<LegSpec> legs, Dictionary<string, LinkInfo> present, IPAddress? gateway, IReadOnlyList<AddressInfo>? onlyMissing)
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
            if (leg.OnGateway && gateway is not null) batch.SetRoute(null, gateway, link.Index);
        }
        return batch;
    }
}
