using Skein.Agent.Mesh;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>
/// The host's table of its own bridges, one of a family: published ports in, containers out, no way from one network to another, and none
/// into a container for what was not published. Beside the swarm's table, which comes and goes with the swarm.
/// </summary>
internal static class BridgeRuleset
{
    public const string TableName = "skein-bridges";
    private const string AtAddress = "published-at", Anywhere = "published";

    public static string Table(bool ipv6) => $"{(ipv6 ? "ip6" : "ip")} {TableName}";

    /// <param name="bridges">Those that stand.</param>
    /// <param name="routerByUs">It was Skein that made this host forward packets: it forwards none but those of containers.</param>
    public static string Render(IReadOnlyList<BridgeSpec> bridges, IReadOnlyList<PublishedEnd> ends, bool routerByUs, bool ipv6, IReadOnlyList<LinkOpening>? links = null)
    {
        var rules = new Ruleset(Table(ipv6));
        var devices = Ruleset.Devices(bridges.Select(bridge => bridge.Device));
        // route_localnet, which 127.0.0.1:PORT needs, must not let a container reach what listens on the host's loopback.
        if (!ipv6 && bridges.Count > 0) rules.Chain("raw-prerouting", "type filter hook prerouting priority -300", $"iifname {devices} ip daddr 127.0.0.0/8 drop");
        AddPublished(rules, [.. ends.Where(end => end.Host.IsIPv6 == ipv6)], ipv6);
        rules.Chain("postrouting", "type nat hook postrouting priority 100", bridges.SelectMany(bridge => Sources(bridge, ipv6)));
        rules.Chain("forward", "type filter hook forward priority 0", Forward(bridges, devices, routerByUs, Openings(links ?? [], ipv6)));
        return rules.ToString();
    }

    private static void AddPublished(Ruleset rules, IReadOnlyList<PublishedEnd> ends, bool ipv6)
    {
        var (ip, type) = ipv6 ? ("ip6", "ipv6_addr") : ("ip", "ipv4_addr");
        rules.Map(AtAddress, $"{type} . inet_proto . inet_service : {type} . inet_service",
            ends.Where(end => !end.Host.IsAny).Select(end => $"{end.Host.Address} . {end.Host.Port} : {end.Address} . {end.Port}"));
        rules.Map(Anywhere, $"inet_proto . inet_service : {type} . inet_service",
            ends.Where(end => end.Host.IsAny).Select(end => $"{end.Host.Port} : {end.Address} . {end.Port}"));
        rules.Chain("publish", "",
            $"dnat {ip} addr . port to {ip} daddr . meta l4proto . th dport map @{AtAddress}",
            $"dnat {ip} addr . port to meta l4proto . th dport map @{Anywhere}");
        rules.Chain("prerouting", "type nat hook prerouting priority -100", "fib daddr type local goto publish");
        rules.Chain("output", "type nat hook output priority -100", "fib daddr type local goto publish");
    }

    /// <summary>A client keeps its address, unless it means another machine, or nobody, in the place where the answer is made.</summary>
    private static IEnumerable<string> Sources(BridgeSpec bridge, bool ipv6)
    {
        if (bridge.Pool(ipv6) is not { } pool) yield break;
        var ip = ipv6 ? "ip6" : "ip";
        if (bridge is { Masquerade: true, Internal: false }) yield return $"{ip} saddr {pool.Subnet} oifname != \"{bridge.Device}\" masquerade";
        var own = ipv6 ? $"{pool.Subnet}" : $"{{ 127.0.0.0/8, {pool.Subnet} }}";
        yield return $"{ip} saddr {own} oifname \"{bridge.Device}\" ct status dnat masquerade";
    }

    private static string[] Between(IReadOnlyList<BridgeSpec> bridges, string devices, IEnumerable<string> openings) =>
    [
        $"oifname {devices} ct state established,related accept",
        $"oifname {devices} ct status dnat accept",
        .. bridges.Where(bridge => bridge.Icc).Select(bridge => $"iifname \"{bridge.Device}\" oifname \"{bridge.Device}\" accept"),
        .. openings,
        $"oifname {devices} drop",
        $"iifname {devices} accept",
    ];

    private static IEnumerable<string> Openings(IEnumerable<LinkOpening> links, bool ipv6)
    {
        var ip = ipv6 ? "ip6" : "ip";
        return links.Where(link => link.From.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 == ipv6)
            .Select(link => $"{ip} saddr {link.From} {ip} daddr {link.To} {link.Port.ProtocolName} dport {link.Port.Port} accept").Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Forward(IReadOnlyList<BridgeSpec> bridges, string devices, bool routerByUs, IEnumerable<string> openings) =>
    [
        .. bridges.Where(bridge => bridge.Internal).SelectMany(bridge => new[]
        {
            $"iifname \"{bridge.Device}\" oifname != \"{bridge.Device}\" drop",
            $"oifname \"{bridge.Device}\" iifname != \"{bridge.Device}\" drop",
        }),
        // A set in nftables is not empty.
        .. bridges.Count == 0 ? Array.Empty<string>() : Between(bridges, devices, openings),
        // The swarm's table says what may pass there.
        .. routerByUs ? [$"iifname \"{KnownNetworks.GatewayBridge}\" accept", $"oifname \"{KnownNetworks.GatewayBridge}\" accept", "drop"] : Array.Empty<string>(),
    ];
}
