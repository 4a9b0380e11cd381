using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Control;

/// <summary>Docker's order of finding: the full id, else the full name, else the beginning of an id.</summary>
internal static class Finder
{
    public static Service Service(Snapshot snapshot, string input) =>
        Find("service", snapshot.Services, input, s => s.Id, s => s.Spec.Annotations?.Name);

    public static SwarmTask Task(Snapshot snapshot, string input) =>
        Find("task", snapshot.Tasks, input, t => t.Id, t => t.Annotations?.Name);

    public static Node Node(Snapshot snapshot, string input) =>
        Find("node", snapshot.Nodes, input, n => n.Id, n => n.Description?.Hostname);

    public static Network Network(Snapshot snapshot, string input) =>
        Find("network", snapshot.Networks, input, n => n.Id, n => n.Spec.Annotations?.Name);

    private static T Find<T>(string kind, ObjectTable<T> table, string input, Func<T, string> id, Func<T, string?> name) where T : class
    {
        if (table.Find(input) is { } exact) return exact;
        if (input.Length == 0) throw SkeinException.NotFound($"{kind} {input} not found");
        var matches = table.All.Where(o => string.Equals(name(o), input, StringComparison.OrdinalIgnoreCase)).ToList();
        if (matches.Count == 0) matches = table.All.Where(o => id(o).StartsWith(input, StringComparison.Ordinal)).ToList();
        return matches.Count switch
        {
            0 => throw SkeinException.NotFound($"{kind} {input} not found"),
            1 => matches[0],
            var count => throw SkeinException.Invalid($"{kind} {input} is ambiguous ({count} matches found)"),
        };
    }
}
