namespace Skein.Agent.Mesh.Firewall;

/// <summary>
/// What the host's firewall does to the swarm's packets. An accept in our table does not override a drop in another's: each chain at
/// a hook has its say. Chains of iptables and firewalld are opened for containers, as Docker does it; of others it is said what they
/// drop, and what cures it. Ports of the host itself are its administrator's to open, as with Docker.
/// </summary>
internal sealed record FirewallPlan(IReadOnlyList<FirewallCure> Cures, IReadOnlyList<string> Warnings)
{
    /// <summary>By which a fresh daemon, and whoever lists the chain, knows our rules.</summary>
    public const string Comment = "skein: containers";

    // In words that iptables understands too: with any other expression in it `iptables -S` gives up on the whole table. What may
    // not enter a bridge is dropped by our own table.
    private static IReadOnlyList<string> Opened(IEnumerable<PacketNeed> needs) =>
        [.. needs.OrderBy(need => need.Translated).Select(need => need.To is { } to ? $"oifname \"{to}\"" : $"iifname \"{need.From}\"")];

    public static FirewallPlan Of(IReadOnlyList<FirewallChain> found, IReadOnlyList<PacketNeed> needs)
    {
        var chains = found.ToDictionary(chain => chain.Id);
        var cures = new List<FirewallCure>();
        var warnings = new List<string>();
        foreach (var chain in found.Where(chain => chain.Hook.Length > 0).OrderBy(chain => chain.Id, StringComparer.Ordinal))
        {
            var own = needs.Where(need => need.Hook == chain.Hook).ToList();
            var blocked = own.Where(need => ChainWalk.Of(chain, chains, need, rule => rule.Comment != Comment) == Passage.Blocked).ToList();
            if (!IsOpened(chain)) warnings.AddRange(blocked.Select(need => Warning(chain, need)));
            else if (Cure(chain, chains, own) is { } commands) cures.Add(new FirewallCure(chain.Id, commands, [.. blocked.Select(need => Warning(chain, need))]));
        }
        return new FirewallPlan(cures, warnings);
    }

    private static bool IsOpened(FirewallChain chain) => chain is { Hook: "forward" } and ({ IsIptables: true } or { IsFirewalld: true });

    /// <returns>Null when nothing is to be done.</returns>
    private static string? Cure(FirewallChain chain, Dictionary<string, FirewallChain> chains, List<PacketNeed> needs)
    {
        var ours = chain.Rules.Where(rule => rule.Comment == Comment).ToList();
        var removal = string.Concat(ours.Select(rule => $"delete rule {chain.Id} handle {rule.Handle}\n"));
        if (AllPass(rule => rule.Comment != Comment)) return removal.Length > 0 ? removal : null;
        var opened = Opened(needs);
        if (ours.Count == opened.Count && AllPass(_ => true)) return null;
        return removal + string.Concat(opened.Select(match => $"insert rule {chain.Id} {match} accept comment \"{Comment}\"\n"));

        bool AllPass(Func<FirewallRule, bool> counts) => needs.TrueForAll(need => ChainWalk.Of(chain, chains, need, counts) == Passage.Passes);
    }

    private static string Warning(FirewallChain chain, PacketNeed need) =>
        $"chain {chain.Name} of table {chain.Family} {chain.Table} drops {need.What}. What lets it pass: {FirewallCounsel.For(chain, need)}";
}
