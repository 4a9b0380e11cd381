using Skein.Model;

namespace Skein.Manager.Scheduling;

/// <summary>
/// The nodes that will do, in branches by the values of the placement preferences' labels. Each task goes down the branch that
/// has the fewest of its service, and at the end to the best node: with no preferences there is just that one leaf.
/// </summary>
internal sealed class PlacementTree
{
    private readonly PriorityQueue<NodeLoad, NodeRank> _nodes = new();
    private readonly List<PlacementTree> _branches = [];
    private int _ofService;

    public PlacementTree(IReadOnlyCollection<NodeLoad> nodes, Demand demand, int level = 0)
    {
        _ofService = nodes.Sum(n => n.ActiveOf(demand.Task.ServiceId));
        var preferences = demand.Task.Spec?.Placement?.Preferences;
        while (preferences is not null && level < preferences.Count && LabelOf(preferences[level].Spread) is null) level++;
        if (preferences is not null && level < preferences.Count)
        {
            var label = LabelOf(preferences[level].Spread)!;
            _branches.AddRange(nodes.GroupBy(label).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new PlacementTree([.. g], demand, level + 1)));
            return;
        }
        foreach (var node in nodes.Where(demand.Fits)) _nodes.Enqueue(node, NodeRank.Of(node, demand.Task));
    }

    /// <summary>Takes a task to the best node, which it is added to; null when none will do any more.</summary>
    public NodeLoad? Place(SwarmTask task, Demand demand)
    {
        var node = _branches.Count > 0 ? PlaceInBranch(task, demand) : PlaceOnNode(task, demand);
        if (node is not null) _ofService++;
        return node;
    }

    private NodeLoad? PlaceInBranch(SwarmTask task, Demand demand)
    {
        while (_branches.Count > 0)
        {
            var branch = _branches.MinBy(b => b._ofService)!;
            if (branch.Place(task, demand) is { } node) return node;
            // Full: for tasks like this one it stays so.
            _branches.Remove(branch);
        }
        return null;
    }

    private NodeLoad? PlaceOnNode(SwarmTask task, Demand demand)
    {
        while (_nodes.TryDequeue(out var node, out _))
        {
            if (!demand.Fits(node)) continue;
            node.Add(task);
            _nodes.Enqueue(node, NodeRank.Of(node, task));
            return node;
        }
        return null;
    }

    /// <summary>What the preferences spread over, those that name no label left out.</summary>
    public static IReadOnlyList<Func<NodeLoad, string>> LabelsOf(Placement? placement) =>
        [.. (placement?.Preferences.Select(preference => LabelOf(preference.Spread)) ?? []).OfType<Func<NodeLoad, string>>()];

    private static Func<NodeLoad, string>? LabelOf(string spread)
    {
        const string nodeLabel = "node.labels.";
        const string engineLabel = "engine.labels.";
        if (spread.Length > nodeLabel.Length && spread.StartsWith(nodeLabel, StringComparison.OrdinalIgnoreCase))
            return n => n.Node.Spec?.Annotations?.Labels.GetValueOrDefault(spread[nodeLabel.Length..], "") ?? "";
        if (spread.Length > engineLabel.Length && spread.StartsWith(engineLabel, StringComparison.OrdinalIgnoreCase))
            return n => n.Node.Description?.EngineLabels.GetValueOrDefault(spread[engineLabel.Length..], "") ?? "";
        return null;
    }
}
