using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Scheduling;

/// <summary>What is left of a node's generic resources: of each kind a number, and the names of those that have some.</summary>
internal sealed class FreeResources
{
    private readonly Dictionary<string, (long Count, SortedSet<string> Names)> _kinds = new(StringComparer.Ordinal);

    public FreeResources(IEnumerable<GenericResource> all)
    {
        foreach (var resource in all)
        {
            var (count, names) = Of(resource.Kind);
            if (resource.Name.Length > 0) names.Add(resource.Name);
            _kinds[resource.Kind] = (count + GenericResources.CountOf(resource), names);
        }
    }

    // Wider than its parts: two wishes of one kind may be more than there are numbers, and what is thrown here stops the planning of all.
    public bool HasEnough(IEnumerable<GenericResource> wanted) =>
        wanted.GroupBy(w => w.Kind, w => w.Count).All(kind => kind.Aggregate(Int128.Zero, (sum, count) => sum + count) <= Of(kind.Key).Count);

    /// <summary>A task on the node has them.</summary>
    public void Take(IEnumerable<GenericResource> given)
    {
        foreach (var resource in given)
        {
            var (count, names) = Of(resource.Kind);
            names.Remove(resource.Name);
            _kinds[resource.Kind] = (count - GenericResources.CountOf(resource), names);
        }
    }

    /// <summary>As many as are wanted, by their names where they have some; to be called when there are enough.</summary>
    public IReadOnlyList<GenericResource> Claim(IEnumerable<GenericResource> wanted)
    {
        var claimed = new List<GenericResource>();
        foreach (var want in wanted)
        {
            var names = Of(want.Kind).Names;
            List<GenericResource> given = names.Count > 0
                ? [.. names.Take((int)Math.Min(want.Count, names.Count)).Select(name => new GenericResource { Kind = want.Kind, Name = name })]
                : [new() { Kind = want.Kind, Count = want.Count }];
            Take(given);
            claimed.AddRange(given);
        }
        return claimed;
    }

    private (long Count, SortedSet<string> Names) Of(string kind) =>
        _kinds.TryGetValue(kind, out var free) ? free : (0, new SortedSet<string>(StringComparer.Ordinal));
}
