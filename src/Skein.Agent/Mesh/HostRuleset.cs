namespace Skein.Agent.Mesh;

/// <summary>The table of the host: published ports in, containers out, tunnels past connection tracking.</summary>
internal static class HostRuleset
{
    public const string Bridge = "docker_gwbridge";
    public const string PublishedMap = "published";

    public static string Render(HostMeshSpec spec)
    {
        var rules = new Ruleset();
        // Outer packets of the overlay: 62 kpps with connection tracking, 80 without.
        var untracked = $"udp dport {spec.TunnelPort} notrack";
        rules.Chain("raw-output", "type filter hook output priority -300", untracked);
        if (spec.GatewaySubnet is not { } subnet) return rules.Chain("raw-prerouting", "type filter hook prerouting priority -300", untracked).ToString();
        rules.Chain("raw-prerouting", "type filter hook prerouting priority -300",
            untracked,
            // route_localnet, which 127.0.0.1:PORT needs, must not let a container reach what listens on the host's loopback.
            $"iifname \"{Bridge}\" ip daddr 127.0.0.0/8 drop");
        rules.Map(PublishedMap, "inet_proto . inet_service : ipv4_addr . inet_service",
            spec.Ports.Select(p => $"{p.Published} : {p.Address} . {p.Port}"));
        rules.Chain("publish", "", $"dnat ip addr . port to meta l4proto . th dport map @{PublishedMap}");
        rules.Chain("prerouting", "type nat hook prerouting priority -100", "fib daddr type local goto publish");
        rules.Chain("output", "type nat hook output priority -100", "fib daddr type local goto publish");
        rules.Chain("postrouting", "type nat hook postrouting priority 100",
            $"ip saddr {subnet} oifname != \"{Bridge}\" masquerade",
            // These sources mean another machine, or nobody, in the place where the answer is made. All others stay as they are.
            $"ip saddr {{ 127.0.0.0/8, {subnet} }} oifname \"{Bridge}\" ct status dnat masquerade");
        rules.Chain("forward", "type filter hook forward priority 0", $"iifname \"{Bridge}\" accept", $"oifname \"{Bridge}\" accept");
        return rules.ToString();
    }
}
