namespace Skein.Agent.Mesh;

/// <summary>The table of the ingress namespace: from docker_gwbridge to a task on any host. The client's address stays.</summary>
internal static class IngressRuleset
{
    public static string Render(IngressMeshSpec spec)
    {
        var rules = new Ruleset();
        var served = spec.Ports.Where(p => p.Backends.Count > 0).ToList();
        foreach (var port in served) rules.Chain(ChainOf(port), "", Turn(port));
        var leg = $"iifname \"{spec.GatewayInterface}\"";
        // A port without tasks is not turned: it meets this namespace, where nothing listens, and is refused by the kernel.
        var dispatch = $"{leg} ip daddr {spec.Gateway} meta l4proto . th dport vmap {{ {string.Join(", ", served.Select(p => $"{p.Published} : goto {ChainOf(p)}"))} }}";
        rules.Chain("prerouting", "type nat hook prerouting priority -100", served.Count > 0 ? [dispatch] : Array.Empty<string>());
        rules.Chain("forward", "type filter hook forward priority 0", [
            "tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu",
            "ct state established,related accept",
            $"{leg} ct status dnat accept",
            "drop",
        ]);
        return rules.ToString();
    }

    private static string ChainOf(PublishedPort port) => $"port-{port.Published.ProtocolName}-{port.Published.Port}";

    private static string Turn(PublishedPort port) =>
        $"meta l4proto {port.Published.ProtocolName} dnat ip addr . port to {Ruleset.InTurn(port.Backends.Select(b => $"{b} . {port.Target}"))}";
}
