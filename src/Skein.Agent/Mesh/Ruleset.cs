using System.Globalization;
using System.Net;
using System.Text;

namespace Skein.Agent.Mesh;

/// <summary>The text of one table, made to replace the one of the same name in a single transaction.</summary>
internal sealed class Ruleset
{
    /// <summary>In every namespace the table that is ours: a fresh daemon knows it by this name.</summary>
    public const string Table = $"ip {TableName}";

    /// <summary>That of a host whose tunnels have IPv6 addresses, beside the other.</summary>
    public const string TableIPv6 = $"ip6 {TableName}";

    public const string TableName = "skein";

    private readonly StringBuilder _text = new();

    public Ruleset(string table = Table) => _text.Append(Removal(table)).Append(CultureInfo.InvariantCulture, $"table {table} {{\n");

    /// <summary>Removes the table, and succeeds when there is none.</summary>
    public static string Removal(string table = Table) => $"table {table}\ndelete table {table}\n";

    public Ruleset Chain(string name, string hook, params IEnumerable<string> rules)
    {
        _text.Append(CultureInfo.InvariantCulture, $"  chain {name} {{\n");
        if (hook.Length > 0) _text.Append(CultureInfo.InvariantCulture, $"    {hook}; policy accept;\n");
        foreach (var rule in rules) _text.Append(CultureInfo.InvariantCulture, $"    {rule}\n");
        _text.Append("  }\n");
        return this;
    }

    public Ruleset Map(string name, string type, IEnumerable<string> elements) => Elements($"map {name}", type, elements);

    public Ruleset Set(string name, string type, IEnumerable<string> elements) => Elements($"set {name}", type, elements);

    public static string Devices(IEnumerable<string> names) => $"{{ {string.Join(", ", names.Select(name => $"\"{name}\""))} }}";

    /// <summary>In turn over all: a client that comes twice meets two. An empty list has no expression.</summary>
    public static string InTurn(IEnumerable<string> targets)
    {
        var list = targets.ToList();
        return list.Count == 1
            ? list[0]
            : $"numgen inc mod {list.Count} map {{ {string.Join(", ", list.Select((t, i) => $"{i} : {t}"))} }}";
    }

    public static string InTurn(IEnumerable<IPAddress> targets) => InTurn(targets.Select(t => t.ToString()));

    public override string ToString() => _text + "}\n";

    private Ruleset Elements(string named, string type, IEnumerable<string> elements)
    {
        _text.Append(CultureInfo.InvariantCulture, $"  {named} {{\n    type {type}\n");
        var list = string.Join(", ", elements);
        if (list.Length > 0) _text.Append(CultureInfo.InvariantCulture, $"    elements = {{ {list} }}\n");
        _text.Append("  }\n");
        return this;
    }
}
