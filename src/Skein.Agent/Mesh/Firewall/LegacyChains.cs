using System.Text.Json;
using System.Text.Json.Nodes;
using Skein.Linux.Iptables;

namespace Skein.Agent.Mesh.Firewall;

/// <summary>The chains of iptables-legacy in the words in which libnftables tells of others', so that one walk serves for all.</summary>
internal static class LegacyChains
{
    private const int Icmp = 1, Tcp = 6, Udp = 17, Sctp = 132;

    /// <param name="table">As the kernel gives it; null for none.</param>
    /// <exception cref="InvalidDataException"/>
    public static IEnumerable<FirewallChain> Of(byte[]? table) => table is null ? [] : LegacyTableReader.Read(table).Select(Chain);

    private static FirewallChain Chain(LegacyChain chain) => new(
        FirewallChain.LegacyFamily,
        "filter",
        chain.Name,
        chain.IsBase ? chain.Name.ToLowerInvariant() : "",
        chain.Drops,
        [.. chain.Rules.Select(rule => new FirewallRule(0, "", Json(new JsonArray([.. Expressions(rule)]))))]);

    private static IEnumerable<JsonNode> Expressions(LegacyRule rule)
    {
        if (rule.In.Length > 0) yield return Match("meta", "iifname", rule.NotIn, Star(rule.In));
        if (rule.Out.Length > 0) yield return Match("meta", "oifname", rule.NotOut, Star(rule.Out));
        if (rule.Protocol != 0) yield return Match("meta", "l4proto", rule.NotProtocol, Protocol(rule.Protocol));
        if (rule.ByAddress) yield return Extension("match", "");
        foreach (var match in rule.Matches) yield return match.Ports is { } ports ? DestinationPorts(match.Name, ports) : Extension("match", match.Name);
        if (rule.Target.Length > 0) yield return Target(rule);
    }

    private static JsonObject Target(LegacyRule rule)
    {
        if (rule.Jumps) return new JsonObject { [rule.Goes ? "goto" : "jump"] = new JsonObject { ["target"] = rule.Target } };
        return rule.Target is "ACCEPT" or "DROP" or "RETURN"
            ? new JsonObject { [rule.Target.ToLowerInvariant()] = null }
            : Extension("target", rule.Target);
    }

    private static JsonObject Match(string kind, string key, bool not, string value) => new()
    {
        ["match"] = new JsonObject { ["op"] = not ? "!=" : "==", ["left"] = new JsonObject { [kind] = new JsonObject { ["key"] = key } }, ["right"] = value },
    };

    private static JsonObject DestinationPorts(string protocol, (int First, int Last) ports) => new()
    {
        ["match"] = new JsonObject
        {
            ["op"] = "==",
            ["left"] = new JsonObject { ["payload"] = new JsonObject { ["protocol"] = protocol, ["field"] = "dport" } },
            ["right"] = new JsonObject { ["range"] = new JsonArray(ports.First, ports.Last) },
        },
    };

    private static JsonObject Extension(string type, string name) => new() { ["xt"] = new JsonObject { ["type"] = type, ["name"] = name } };

    private static string Star(string name) => name.EndsWith('+') ? name[..^1] + "*" : name;

    private static string Protocol(int number) => number switch
    {
        Icmp => "icmp",
        Tcp => "tcp",
        Udp => "udp",
        Sctp => "sctp",
        _ => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static JsonElement Json(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }
}
