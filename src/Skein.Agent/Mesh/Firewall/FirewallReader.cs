using System.Text.Json;
using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;

namespace Skein.Agent.Mesh.Firewall;

/// <summary>Reads the chains of others through which the host's packets go, and those that they jump to: no set, no map of theirs.</summary>
internal static class FirewallReader
{
    /// <param name="own">Name of our tables, and the beginning of others.</param>
    /// <exception cref="NftablesException"/>
    public static IReadOnlyList<FirewallChain> Read(NetworkNamespace host, string own)
    {
        using var listing = NftablesSession.Rules(host);
        return Read(listing.RootElement, own);
    }

    internal static IReadOnlyList<FirewallChain> Read(JsonElement root, string own)
    {
        var heads = Items(root, "chain").Select(Head).Where(IsRead).ToDictionary(chain => chain.Id);
        var rules = Items(root, "rule").ToLookup(rule => FirewallChain.IdOf(Text(rule, "family"), Text(rule, "table"), Text(rule, "chain")));
        var found = new Dictionary<string, FirewallChain>(StringComparer.Ordinal);
        var waiting = new Queue<string>(heads.Values.Where(chain => chain.Hook is "input" or "forward" or "output").Select(chain => chain.Id));
        while (waiting.TryDequeue(out var id))
        {
            if (found.ContainsKey(id) || !heads.TryGetValue(id, out var head)) continue;
            found[id] = head with { Rules = [.. rules[id].Select(Rule)] };
            foreach (var target in Targets(found[id])) waiting.Enqueue(FirewallChain.IdOf(head.Family, head.Table, target));
        }
        return [.. found.Values];

        bool IsRead(FirewallChain chain) => chain.Family is "ip" or "inet" && chain.Table != own && !chain.Table.StartsWith(own + "-", StringComparison.Ordinal) && !chain.IsFirewalldReload;
    }

    private static FirewallChain Head(JsonElement chain) => new(
        Text(chain, "family"),
        Text(chain, "table"),
        Text(chain, "name"),
        Text(chain, "type") == "filter" ? Text(chain, "hook") : "",
        Text(chain, "policy") == "drop",
        []);

    private static FirewallRule Rule(JsonElement rule) => new(rule.GetProperty("handle").GetInt64(), Text(rule, "comment"), rule.GetProperty("expr").Clone());

    private static IEnumerable<JsonElement> Items(JsonElement root, string kind)
    {
        foreach (var item in root.GetProperty("nftables").EnumerateArray())
        {
            if (item.TryGetProperty(kind, out var found)) yield return found;
        }
    }

    private static IEnumerable<string> Targets(FirewallChain chain) => chain.Rules.Select(rule => RuleVerdict.Target(rule.Expressions)).Where(target => target.Length > 0);

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";
}
