using System.Net;

namespace Skein.Linux.Netlink;

public sealed partial class RtNetlink
{
    public IReadOnlyList<LinkInfo> Links() => Dump(
        Rtnl.RTM_GETLINK,
        16,
        Rtnl.AF_UNSPEC,
        static writer => writer.UInt32(Rtnl.IFLA_EXT_MASK, Rtnl.RTEXT_FILTER_SKIP_STATS),
        static (type, payload) => type == Rtnl.RTM_NEWLINK ? RtnlParser.Link(payload) : null);

    public LinkInfo? FindLink(string name) => Links().FirstOrDefault(link => link.Name == name);

    public IReadOnlyList<AddressInfo> Addresses() => Dump(
        Rtnl.RTM_GETADDR, 8, Rtnl.AF_UNSPEC, null, static (type, payload) => type == Rtnl.RTM_NEWADDR ? RtnlParser.Address(payload) : null);

    /// <summary>Of both families and all tables, local ones included.</summary>
    public IReadOnlyList<RouteInfo> Routes() =>
    [
        .. Routes(Rtnl.AF_INET),
        .. Routes(Rtnl.AF_INET6),
    ];

    public IReadOnlyList<RuleInfo> Rules() =>
    [
        .. Rules(Rtnl.AF_INET),
        .. Rules(Rtnl.AF_INET6),
    ];

    /// <summary>ARP and ND entries of every device.</summary>
    public IReadOnlyList<NeighbourInfo> Neighbours() => Dump(
        Rtnl.RTM_GETNEIGH, 12, Rtnl.AF_UNSPEC, null, static (type, payload) => type == Rtnl.RTM_NEWNEIGH ? RtnlParser.Neighbour(payload) : null);

    /// <summary>The tables of every bridge and vxlan device.</summary>
    public IReadOnlyList<FdbEntry> Forwarding() => Dump(
        Rtnl.RTM_GETNEIGH, 12, Rtnl.AF_BRIDGE, null, static (type, payload) => type == Rtnl.RTM_NEWNEIGH ? RtnlParser.Forwarding(payload) : null);

    /// <summary>The device that packets to an address leave by.</summary>
    /// <exception cref="LinuxException">ENETUNREACH</exception>
    public int RouteDevice(IPAddress destination)
    {
        var isIPv6 = destination.GetAddressBytes().Length == 16;
        var best = Routes()
            .Where(route => route.IsIPv6 == isIPv6 && route.Table == Rtnl.RT_TABLE_MAIN && route.Type == Rtnl.RTN_UNICAST && route.Link != 0)
            .Where(route => route.Destination is not { } network || network.Contains(destination))
            .OrderByDescending(route => route.Destination?.PrefixLength ?? 0)
            .ThenBy(route => route.Metric)
            .FirstOrDefault();
        return best?.Link ?? throw new LinuxException($"look up a route to {destination}", Errno.ENETUNREACH);
    }

    private List<RouteInfo> Routes(byte family) => Dump(
        Rtnl.RTM_GETROUTE, 12, family, null, static (type, payload) => type == Rtnl.RTM_NEWROUTE ? RtnlParser.Route(payload) : null);

    private List<RuleInfo> Rules(byte family) => Dump(
        Rtnl.RTM_GETRULE, 12, family, null, static (type, payload) => type == Rtnl.RTM_NEWRULE ? RtnlParser.Rule(payload) : null);
}
