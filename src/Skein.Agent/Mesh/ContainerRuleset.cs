using Skein.Agent.Dns;

namespace Skein.Agent.Mesh;

/// <summary>
/// The table of a container's namespace. A VIP needs no owner on the wire: the connection is turned to a task's address
/// before it leaves, and a task that asks its own service may so meet itself.
/// </summary>
internal static class ContainerRuleset
{
    public static string Render(ContainerMeshSpec spec)
    {
        var rules = new Ruleset();
        var served = spec.Balancers.Where(b => b.Backends.Count > 0).ToList();
        // The whole address is turned, ping included: a VIP answers it, as long as a task does.
        foreach (var balancer in served) rules.Chain(ChainOf(balancer), "", $"dnat to {Ruleset.InTurn(balancer.Backends)}");
        rules.Chain("output", "type nat hook output priority -100", [.. DnsRules(spec), .. Dispatch(served)]);
        AddRefusals(rules, spec.Balancers.Where(b => b.Backends.Count == 0).Select(b => b.Vip.ToString()).ToList());
        if (spec.ReturnPath is { } path) AddReturnPath(rules, path);
        if (spec.Guard is { } guard)
        {
            rules.Chain("gateway-guard", "type filter hook input priority 0",
                $"iifname \"{guard.Interface}\" ip saddr {guard.Subnet} ip saddr != {guard.Host} ct state new drop");
        }
        return rules.ToString();
    }

    private static string ChainOf(BalancerSpec balancer) => $"vip-{balancer.Vip}";

    private static IEnumerable<string> DnsRules(ContainerMeshSpec spec)
    {
        if (spec.DnsUdpPort == 0) yield break;
        yield return $"ip daddr {ContainerResolver.Address} udp dport 53 dnat to {ContainerResolver.Address}:{spec.DnsUdpPort}";
        yield return $"ip daddr {ContainerResolver.Address} tcp dport 53 dnat to {ContainerResolver.Address}:{spec.DnsTcpPort}";
    }

    private static IEnumerable<string> Dispatch(List<BalancerSpec> served)
    {
        if (served.Count > 0) yield return $"ip daddr vmap {{ {string.Join(", ", served.Select(b => $"{b.Vip} : goto {ChainOf(b)}"))} }}";
    }

    private static void AddRefusals(Ruleset rules, List<string> vips)
    {
        if (vips.Count == 0) return;
        var set = $"ip daddr {{ {string.Join(", ", vips)} }}";
        rules.Chain("refuse", "type filter hook output priority 0", $"{set} meta l4proto tcp reject with tcp reset", $"{set} reject");
    }

    /// <summary>
    /// The client's own address is the packet's source, so the route to it would lead out by docker_gwbridge. Each
    /// connection is marked by the node it came through, known by the sender's MAC, and its replies are routed by that mark.
    /// </summary>
    private static void AddReturnPath(Ruleset rules, ReturnPathSpec path)
    {
        var leg = $"iifname \"{path.Interface}\"";
        // One client port to two hosts is two connections, and arrives here as one: a zone for each node keeps them apart. Only in
        // the original direction: replies are looked up without, so two that meet are seen to, and the second gets another port.
        if (path.Sources.Count > 0)
        {
            rules.Chain("ingress-zone", "type filter hook prerouting priority -300",
                $"{leg} ct original zone set ether saddr map {{ {string.Join(", ", path.Sources.Select(s => $"{s.Mac} : {s.Zone}"))} }}");
        }
        rules.Map("ingress-nodes", "ether_addr : mark", path.Sources.Select(s => $"{s.Mac} : 0x{s.Mark:x8}"));
        rules.Chain("ingress-mark", "type filter hook prerouting priority -150",
            $"{leg} ct direction original ct mark set ether saddr map @ingress-nodes");
        rules.Chain("ingress-land", "type nat hook prerouting priority -100", Landing(path, $"{leg} ct mark != 0 ip daddr {path.Address}"));
        rules.Chain("ingress-guard", "type filter hook input priority 0", [
            $"{leg} ct state established,related accept",
            .. path.Ports.Count == 0
                ? Array.Empty<string>()
                : [$"{leg} meta l4proto . th dport {{ {string.Join(", ", path.Ports)} }} accept"],
            $"{leg} meta l4proto icmp accept",
            $"{leg} drop",
        ]);
        rules.Chain("ingress-return", "type route hook output priority -150", "ct direction reply ct mark != 0 meta mark set ct mark");
        // The segment size was chosen for docker_gwbridge, whose MTU is larger.
        rules.Chain("ingress-mss", "type filter hook postrouting priority -150",
            $"oifname \"{path.Interface}\" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu");
    }

    /// <summary>
    /// To the address that the server listens on. One on 0.0.0.0 takes all; over UDP it answers from the address that the route to
    /// the client suggests, docker_gwbridge's, and the reply belongs to the connection only if the request was turned there first.
    /// </summary>
    private static IEnumerable<string> Landing(ReturnPathSpec path, string arrival)
    {
        yield return $"{arrival} socket wildcard 0 accept";
        yield return $"{arrival} meta l4proto udp socket wildcard 1 dnat to {path.Gateway}";
        yield return $"{arrival} socket wildcard 1 accept";
        // Nobody listens here: a server that is bound to what `hostname -i` says listens there.
        if (path.Own is { } own && path.Ports.Count > 0)
            yield return $"{arrival} meta l4proto . th dport {{ {string.Join(", ", path.Ports)} }} dnat to {own}";
    }
}
