using System.Net;
using Skein.Model;

namespace Skein.Manager.Scheduling;

/// <summary>One `--constraint`: a fact of the node that must, or must not, have a value. Values are compared without regard to case.</summary>
internal sealed record Constraint(string Key, bool MustEqual, string Value)
{
    private const string NodeLabel = "node.labels.";
    private const string EngineLabel = "engine.labels.";

    /// <summary>What can't be read was refused when the service was made; should one be here all the same, it is passed over.</summary>
    public static IReadOnlyList<Constraint> Parse(Placement? placement)
    {
        if (placement is null || placement.Constraints.Count == 0) return [];
        var parsed = new List<Constraint>();
        foreach (var text in placement.Constraints)
        {
            var equals = text.IndexOf("==", StringComparison.Ordinal);
            var at = equals >= 0 ? equals : text.IndexOf("!=", StringComparison.Ordinal);
            if (at > 0) parsed.Add(new(text[..at].Trim(), equals >= 0, text[(at + 2)..].Trim()));
        }
        return parsed;
    }

    public static bool AllMatch(IReadOnlyList<Constraint> constraints, Node node)
    {
        foreach (var constraint in constraints)
        {
            if (!constraint.Matches(node)) return false;
        }
        return true;
    }

    public bool Matches(Node node)
    {
        if (Is("node.ip")) return MatchesAddress(node.Status?.Addr);
        return FactOf(node) is { } fact && string.Equals(fact, Value, StringComparison.OrdinalIgnoreCase) == MustEqual;
    }

    /// <summary>Null for a key that does not exist: that satisfies nothing. A label that is not set is empty.</summary>
    private string? FactOf(Node node)
    {
        if (Is("node.id")) return node.Id;
        if (Is("node.hostname")) return node.Description?.Hostname ?? "";
        if (Is("node.role")) return node.Spec?.Role == NodeRole.Manager ? "manager" : "worker";
        if (Is("node.platform.os")) return node.Description?.Platform?.Os ?? "";
        if (Is("node.platform.arch")) return node.Description?.Platform?.Architecture ?? "";
        if (HasPrefix(NodeLabel)) return node.Spec?.Annotations?.Labels.GetValueOrDefault(Key[NodeLabel.Length..], "") ?? "";
        if (HasPrefix(EngineLabel)) return node.Description?.EngineLabels.GetValueOrDefault(Key[EngineLabel.Length..], "") ?? "";
        return null;
    }

    private bool MatchesAddress(string? address)
    {
        _ = IPAddress.TryParse(address, out var actual);
        if (IPAddress.TryParse(Value, out var single)) return single.Equals(actual) == MustEqual;
        if (IPNetwork.TryParse(Value, out var network)) return (actual is not null && network.Contains(actual)) == MustEqual;
        return false;
    }

    private bool Is(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

    private bool HasPrefix(string prefix) => Key.Length > prefix.Length && Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
}
