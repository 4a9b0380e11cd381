using Skein.Linux;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Mesh;

/// <summary>Rules and routes of the way back in a container's namespace, and the checks that would stand in its way.</summary>
internal static class ReturnRoutesProgrammer
{
    /// <returns>What had to be changed, in words; empty when all stood.</returns>
    /// <exception cref="LinuxException"/>
    public static IReadOnlyList<string> Apply(NetworkNamespace space, string interfaceName, IReadOnlyList<IngressSource> sources) => space.Run(() =>
    {
        using var netlink = RtNetlink.OpenHere();
        var leg = netlink.FindLink(interfaceName) ?? throw new LinuxException($"find {interfaceName} in {space.Path}", Errno.ENODEV);
        // Clients come in by a leg that no route to them leads out by. The kernel takes the greater of all and the leg's own.
        var changed = Sysctl.SetHere(("net/ipv4/conf/all/rp_filter", "0"), ($"net/ipv4/conf/{interfaceName}/rp_filter", "0"));
        var plan = ReturnRoutesPlan.Between(netlink.Rules(), netlink.Routes(), sources, leg.Index);
        if (plan.IsEmpty) return changed;
        var batch = new NetlinkBatch();
        foreach (var source in plan.Unrouted) batch.SetRoute(null, source.Address, leg.Index, source.Mark);
        foreach (var rule in plan.Superfluous)
        {
            batch.DeleteRule(rule.Priority, rule.Mark, rule.Mask, rule.Table);
            if (!sources.Any(source => source.Mark == rule.Mark)) batch.DeleteRoute(null, null, leg.Index, rule.Mark);
        }
        foreach (var mark in plan.Missing) batch.AddRule(ReturnRoutesPlan.Priority, mark, ReturnRoutesPlan.Mask, mark);
        netlink.Apply(batch);
        return
        [
            .. changed,
            .. plan.Unrouted.Select(source => $"route by {source.Address}"),
            .. plan.Missing.Select(mark => $"rule for mark 0x{mark:x8}"),
            .. plan.Superfluous.Select(rule => $"rule of mark 0x{rule.Mark:x8}"),
        ];
    });
}
