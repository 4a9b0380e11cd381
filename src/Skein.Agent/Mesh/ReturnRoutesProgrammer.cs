using System.Net;
using Skein.Linux;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Mesh;

/// <summary>Rules and routes of the way back in a container's namespace, and the checks that would stand in its way.</summary>
internal static class ReturnRoutesProgrammer
{
    /// <exception cref="LinuxException"/>
    public static void Apply(NetworkNamespace space, string interfaceName, IReadOnlyList<IngressSource> sources)
    {
        // Clients come in by a leg that no route to them leads out by. The kernel takes the greater of all and the leg's own.
        Sysctl.Set(space, ("net/ipv4/conf/all/rp_filter", "0"), ($"net/ipv4/conf/{interfaceName}/rp_filter", "0"));
        using var netlink = RtNetlink.Open(space);
        var leg = netlink.FindLink(interfaceName) ?? throw new LinuxException($"find {interfaceName} in {space.Path}", Errno.ENODEV);
        var plan = ReturnRoutesPlan.Between(netlink.Rules(), sources);
        var batch = new NetlinkBatch();
        // Routes go away with the leg when it is made anew, the rules do not: so all routes are set each time.
        foreach (var source in sources) batch.SetRoute(null, source.Address, leg.Index, source.Mark);
        foreach (var mark in plan.Missing) batch.AddRule(ReturnRoutesPlan.Priority, mark, ReturnRoutesPlan.Mask, mark);
        foreach (var mark in plan.Superfluous)
        {
            batch.DeleteRule(ReturnRoutesPlan.Priority, mark, ReturnRoutesPlan.Mask, mark);
            batch.DeleteRoute(null, null, leg.Index, mark);
        }
        netlink.Apply(batch);
    }
}
