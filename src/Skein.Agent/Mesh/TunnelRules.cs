using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>
/// The overlay's outer packets, of either family: past connection tracking (62 kpps with it, 80 without), from the other nodes'
/// tunnel ends only. Before anything else in the kernel has looked at them, so that a flood of others costs a lookup each.
/// </summary>
internal static class TunnelRules
{
    public const string Peers = "tunnel-ends";
    private const string Raw = "priority -300";

    /// <summary>The table of the host whose tunnels have IPv6 addresses. Containers have no IPv6 on docker_gwbridge.</summary>
    /// <param name="otherBridges">Of which containers may have it.</param>
    public static string RenderIPv6(TunnelSpec spec, IReadOnlyList<string> otherBridges)
    {
        var rules = new Ruleset(Ruleset.TableIPv6);
        Add(rules, spec, [], otherBridges);
        return rules.ToString();
    }

    /// <param name="others">What else is refused where packets come in.</param>
    /// <param name="otherBridges">Devices of the host's own bridges.</param>
    public static void Add(Ruleset rules, TunnelSpec? spec, IEnumerable<string> others, IReadOnlyList<string> otherBridges)
    {
        if (spec is null)
        {
            rules.Chain("raw-prerouting", $"type filter hook prerouting {Raw}", others);
            return;
        }
        var (address, type) = spec.IsIPv6 ? ("ip6", "ipv6_addr") : ("ip", "ipv4_addr");
        rules.Set(Peers, type, spec.Peers.Select(peer => peer.ToString()));
        rules.Chain("raw-output", $"type filter hook output {Raw}", $"udp dport {spec.Port} notrack");
        rules.Chain("raw-prerouting", $"type filter hook prerouting {Raw}", [
            .. others,
            // Not to other hosts either: what leaves here for another node looks there as if this one had sent it.
            $"iifname \"{KnownNetworks.GatewayBridge}\" udp dport {spec.Port} drop",
            .. otherBridges.Count == 0 ? Array.Empty<string>() : [$"iifname {Ruleset.Devices(otherBridges)} udp dport {spec.Port} drop"],
            $"udp dport {spec.Port} {address} saddr @{Peers} notrack accept",
            // The socket takes broadcasts as well. What this host passes on for others is not its own.
            $"udp dport {spec.Port} fib daddr type != unicast drop",
        ]);
    }
}
