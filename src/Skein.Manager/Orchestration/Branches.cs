using Skein.Manager.Scheduling;

namespace Skein.Manager.Orchestration;

/// <summary>
/// Nodes in the branches of their placement preferences, with how many of a service's tasks each has. Who is to give and who is to take is
/// told where the two branches part: there they must differ by two at least, so that the step makes them more even.
/// </summary>
internal sealed class Branches
{
    private readonly List<Leaf> _leaves;
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public Branches(IEnumerable<NodeLoad> nodes, Func<NodeLoad, int> count, IReadOnlyList<Func<NodeLoad, string>> labels)
    {
        _leaves = nodes
            .Select(node => (Node: node, Count: count(node), Path: PathsOf(node, labels)))
            .GroupBy(n => n.Path.Count > 0 ? n.Path[^1] : "", StringComparer.Ordinal)
            .Select(g => new Leaf(g.First().Path, [.. g.Select(n => (n.Node, n.Count)).OrderBy(n => n.Node.Node.Id, StringComparer.Ordinal)]))
            .ToList();
        foreach (var leaf in _leaves)
        {
            foreach (var path in leaf.Path) _counts[path] = _counts.GetValueOrDefault(path) + leaf.Nodes.Sum(n => n.Count);
        }
    }

    /// <summary>That which evens most, at the highest level at which there is anything to even; null when there is nothing.</summary>
    public (NodeLoad Source, NodeLoad Target)? BestStep(Func<NodeLoad, bool> mayGive, Func<NodeLoad, bool> mayTake)
    {
        var givers = Each(nodes => nodes.Where(n => n.Count > 0 && mayGive(n.Node)).OrderByDescending(n => n.Count).FirstOrDefault());
        if (givers.Count == 0) return null;
        var takers = Each(nodes => nodes.OrderBy(n => n.Count).FirstOrDefault(n => mayTake(n.Node)));
        var steps =
            from giver in givers
            from taker in takers
            let level = Level(giver.Leaf.Path, taker.Leaf.Path)
            let gain = level < giver.Leaf.Path.Count
                ? _counts[giver.Leaf.Path[level]] - _counts[taker.Leaf.Path[level]]
                : giver.Node.Count - taker.Node.Count
            where gain >= 2
            orderby level, gain descending, giver.Node.Node.Node.Id, taker.Node.Node.Node.Id
            select (giver.Node.Node, taker.Node.Node);
        return steps.Cast<(NodeLoad, NodeLoad)?>().FirstOrDefault();
    }

    /// <summary>One node of each leaf, where it has such a one.</summary>
    private List<(Leaf Leaf, (NodeLoad Node, int Count) Node)> Each(Func<IReadOnlyList<(NodeLoad Node, int Count)>, (NodeLoad Node, int Count)> pick) =>
        [.. _leaves.Select(leaf => (Leaf: leaf, Node: pick(leaf.Nodes))).Where(picked => picked.Node.Node is not null)];

    /// <summary>Where the two part.</summary>
    private static int Level(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        var level = 0;
        while (level < one.Count && one[level] == other[level]) level++;
        return level;
    }

    /// <summary>The node's branch at each level, each told apart by all above it.</summary>
    private static List<string> PathsOf(NodeLoad node, IReadOnlyList<Func<NodeLoad, string>> labels)
    {
        var paths = new List<string>(labels.Count);
        foreach (var label in labels) paths.Add((paths.Count > 0 ? paths[^1] : "") + "\n" + label(node));
        return paths;
    }

    private sealed record Leaf(IReadOnlyList<string> Path, IReadOnlyList<(NodeLoad Node, int Count)> Nodes);
}
