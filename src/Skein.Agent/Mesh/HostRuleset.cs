using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>The table of the host: published ports in, containers out, nothing else to containers, tunnels between nodes only.</summary>
internal static class HostRuleset
{
    public const string PublishedMap = "published";

    public static string Render(HostMeshSpec spec)
    {
        var rules = new Ruleset();
        var tunnels = spec.Tunnels is { IsIPv6: false } ipv4 ? ipv4 : null;
        if (spec.GatewaySubnet is not { } subnet)
        {
            TunnelRules.Add(rules, tunnels, [], spec.OtherBridges);
            return rules.ToString();
        }
        // route_localnet, which 127.0.0.1:PORT needs, must not let a container reach what listens on the host's loopback.
        TunnelRules.Add(rules, tunnels, [$"iifname \"{KnownNetworks.GatewayBridge}\" ip daddr 127.0.0.0/8 drop"], spec.OtherBridges);
        rules.Map(PublishedMap, "inet_proto . inet_service : ipv4_addr . inet_service",
            spec.Ports.Select(p => $"{p.Published} : {p.Address} . {p.Port}"));
        rules.Chain("publish", "", $"dnat ip addr . port to meta l4proto . th dport map @{PublishedMap}");
        rules.Chain("prerouting", "type nat hook prerouting priority -100", "fib daddr type local goto publish");
        rules.Chain("output", "type nat hook output priority -100", "fib daddr type local goto publish");
        rules.Chain("postrouting", "type nat hook postrouting priority 100",
            [.. spec.Masquerades ? [$"ip saddr {subnet} oifname != \"{KnownNetworks.GatewayBridge}\" masquerade"] : Array.Empty<string>(), .. Elsewhere(subnet, spec.SwarmSubnets)]);
        rules.Chain("forward", "type filter hook forward priority 0", Forward(spec));
        return rules.ToString();
    }

    /// <summary>
    /// Whoever is on the hosts' LAN may name this host as its way to docker_gwbridge: what was not published is no more reached
    /// from there than from the next container. As Docker's, whose FORWARD drops once dockerd has switched forwarding on.
    /// </summary>
    private static IEnumerable<string> Forward(HostMeshSpec spec) =>
    [
        $"iifname \"{KnownNetworks.GatewayBridge}\" oifname != \"{KnownNetworks.GatewayBridge}\" accept",
        $"oifname \"{KnownNetworks.GatewayBridge}\" ct state established,related accept",
        $"oifname \"{KnownNetworks.GatewayBridge}\" ct status dnat accept",
        $"oifname \"{KnownNetworks.GatewayBridge}\" drop",
        .. spec.RouterByUs ? [.. spec.OtherBridges.Count == 0 ? Array.Empty<string>() : OfOthers(spec.OtherBridges), "drop"] : Array.Empty<string>(),
    ];

    // Their own table says what may pass of it.
    private static string[] OfOthers(IReadOnlyList<string> bridges) => [$"iifname {Ruleset.Devices(bridges)} accept", $"oifname {Ruleset.Devices(bridges)} accept"];

    /// <summary>These sources mean another machine, or nobody, in the place where the answer is made. All others stay as they are.</summary>
    private static IEnumerable<string> Elsewhere(string subnet, IReadOnlyList<string> swarm)
    {
        yield return $"ip saddr {{ 127.0.0.0/8, {subnet} }} oifname \"{KnownNetworks.GatewayBridge}\" ct status dnat masquerade";
        if (swarm.Count > 0) yield return $"ip saddr {{ {string.Join(", ", swarm)} }} oifname \"{KnownNetworks.GatewayBridge}\" ct status dnat masquerade";
    }
}
