using System.Net;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model.Validation;

namespace Skein.Agent.Networks;

/// <summary>The networks that this host has a way to, as it tells the swarm: a network of the swarm that took one would hide it from containers.</summary>
public static class LocalSubnets
{
    private const uint MainTable = 254;
    private const byte Unicast = 1;

    /// <summary>Of the host's own namespace.</summary>
    /// <exception cref="Skein.Linux.LinuxException"/>
    public static IReadOnlyList<string> Read()
    {
        using var host = NetworkNamespace.OpenHost();
        using var netlink = RtNetlink.Open(host);
        return From(netlink.Routes());
    }

    /// <summary>The widest first, and none that lies within another.</summary>
    public static IReadOnlyList<string> From(IEnumerable<RouteInfo> routes)
    {
        var told = new List<IPNetwork>();
        var all = routes
            .Where(r => r is { Table: MainTable, Type: Unicast, Destination: not null })
            .Select(r => r.Destination!.Value)
            .Where(d => LocalSubnetBounds.MayBe(d) && !d.BaseAddress.IsIPv6LinkLocal)
            .Distinct()
            .OrderBy(d => d.PrefixLength).ThenBy(d => d.ToString(), StringComparer.Ordinal);
        foreach (var subnet in all)
        {
            if (told.Count == LocalSubnetBounds.Most) break;
            if (!told.Exists(t => t.Contains(subnet.BaseAddress))) told.Add(subnet);
        }
        return [.. told.Select(t => t.ToString())];
    }
}
