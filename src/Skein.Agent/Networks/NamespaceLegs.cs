using System.Net;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model.Validation;

namespace Skein.Agent.Networks;

/// <summary>What one namespace has: the outcome of <see cref="LegProgrammer"/> with the addresses as they are in the kernel.</summary>
internal static class NamespaceLegs
{
    /// <summary>The IPv4 address of a device in this thread's namespace; null when there is no such device or address.</summary>
    public static InterfaceAddress? AddressOf(RtNetlink inside, string device)
    {
        if (inside.FindLink(device) is not { } link) return null;
        var found = inside.Addresses().FirstOrDefault(address => address.Link == link.Index && !address.Address.IsIPv6);
        return found?.Address;
    }

    /// <summary>Everybody inside may send echo requests.</summary>
    public static readonly (string Name, string Value) EchoForAll = ("net/ipv4/ping_group_range", "0 2147483647");

    /// <summary>Before the legs are made: containers without IPv6 have no link-local addresses either, and what Docker sets is set. On a thread inside.</summary>
    public static void Tune(IReadOnlyList<LegSpec> legs, IReadOnlyDictionary<string, string> wished)
    {
        TuneAgain(legs, wished);
        Sysctl.SetHere([.. wished.Where(one => IsNet(one.Key)).Select(one => (SysctlName.Path(one.Key), one.Value))]);
    }

    /// <summary>What is ours of it, once more; what the user named is his. On a thread inside.</summary>
    /// <returns>The names of those that had another value.</returns>
    public static IReadOnlyList<string> TuneAgain(IReadOnlyList<LegSpec> legs, IReadOnlyDictionary<string, string> wished) => Sysctl.SetHere(Without(wished,
    [
        .. OfNamespace(legs),
        // As dockerd: a process without privileges may bind low ports and send echo requests.
        ("net/ipv4/ip_unprivileged_port_start", "0"),
        EchoForAll,
    ]));

    /// <summary>When they have been made. On a thread inside.</summary>
    /// <returns>The names of those that had another value.</returns>
    public static IReadOnlyList<string> TuneLegs(IReadOnlyList<LegSpec> legs, IReadOnlyDictionary<string, string> wished) =>
        Sysctl.SetHere(Without(wished, OfLegs(legs)));

    private static IReadOnlyList<(string Name, string Value)> OfNamespace(IReadOnlyList<LegSpec> legs)
    {
        var off = legs.Any(HasIPv6) ? "0" : "1";
        return [
            ("net/ipv6/conf/all/disable_ipv6", off), ("net/ipv6/conf/default/disable_ipv6", off),
            .. Deaf("all", off == "0"), .. Deaf("default", off == "0"),
        ];
    }

    /// <summary>
    /// Addresses, routes and MTUs are the swarm's to give: any container of a network could send its neighbours a router's advertisement
    /// or a redirect, and have their packets.
    /// </summary>
    private static IEnumerable<(string Name, string Value)> Deaf(string device, bool ipv6)
    {
        yield return ($"net/ipv4/conf/{device}/accept_redirects", "0");
        if (!ipv6) yield break;
        yield return ($"net/ipv6/conf/{device}/accept_ra", "0");
        yield return ($"net/ipv6/conf/{device}/accept_redirects", "0");
    }

    /// <summary>
    /// As Docker: a leg without an address of IPv6 has no link-local one. By that the others on docker_gwbridge and on ingress would
    /// reach what the container serves on [::], past the rules, which are IPv4's.
    /// </summary>
    internal static IReadOnlyList<(string Name, string Value)> OfLegs(IReadOnlyList<LegSpec> legs) =>
        [.. legs.Where(leg => !HasIPv6(leg)).Select(leg => ($"net/ipv6/conf/{leg.Interface}/disable_ipv6", "1")), .. legs.SelectMany(leg => Deaf(leg.Interface, HasIPv6(leg)))];

    private static bool HasIPv6(LegSpec leg) => leg.Addresses.Any(address => address.IsIPv6);

    private static IReadOnlyList<(string Name, string Value)> Without(IReadOnlyDictionary<string, string> wished, IReadOnlyList<(string Name, string Value)> ours)
    {
        var named = wished.Keys.Where(IsNet).Select(SysctlName.Path).ToHashSet(StringComparer.Ordinal);
        return [.. ours.Where(one => !named.Contains(one.Name))];
    }

    private static bool IsNet(string name) => name.StartsWith("net.", StringComparison.Ordinal) || name.StartsWith("net/", StringComparison.Ordinal);
}
