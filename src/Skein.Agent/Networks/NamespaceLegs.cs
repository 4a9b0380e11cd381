using System.Net;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

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

    /// <summary>Containers without IPv6 have no link-local addresses either, and what Docker sets is set. On a thread inside.</summary>
    public static void Tune(IReadOnlyList<LegSpec> legs, IReadOnlyDictionary<string, string> wished)
    {
        Sysctl.SetHere(Ours(legs, wished));
        Sysctl.SetHere([.. wished.Where(one => IsNet(one.Key)).Select(one => (Path(one.Key), one.Value))]);
    }

    /// <summary>What is ours of it, once more; what the user named is his. On a thread inside.</summary>
    /// <returns>The names of those that had another value.</returns>
    public static IReadOnlyList<string> TuneAgain(IReadOnlyList<LegSpec> legs, IReadOnlyDictionary<string, string> wished) => Sysctl.SetHere(Ours(legs, wished));

    private static List<(string Name, string Value)> Ours(IReadOnlyList<LegSpec> legs, IReadOnlyDictionary<string, string> wished)
    {
        var six = legs.Any(leg => leg.Addresses.Any(address => address.IsIPv6));
        var named = wished.Keys.Where(IsNet).Select(Path).ToHashSet(StringComparer.Ordinal);
        List<(string Name, string Value)> ours =
        [
            ("net/ipv6/conf/all/disable_ipv6", six ? "0" : "1"),
            ("net/ipv6/conf/default/disable_ipv6", six ? "0" : "1"),
            // As dockerd: a process without privileges may bind low ports and send echo requests.
            ("net/ipv4/ip_unprivileged_port_start", "0"),
            ("net/ipv4/ping_group_range", "0 2147483647"),
        ];
        return ours.FindAll(one => !named.Contains(one.Name));
    }

    private static bool IsNet(string name) => name.StartsWith("net.", StringComparison.Ordinal) || name.StartsWith("net/", StringComparison.Ordinal);

    /// <summary>As sysctl(8): the first separator tells which of the two is meant, and the other then stands for a dot in a name.</summary>
    public static string Path(string name) => name[3] == '/' ? name : string.Create(name.Length, name, static (path, from) =>
    {
        for (var i = 0; i < from.Length; i++) path[i] = from[i] switch { '.' => '/', '/' => '.', var other => other };
    });
}
