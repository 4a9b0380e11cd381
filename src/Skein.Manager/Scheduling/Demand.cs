using Skein.Model;

namespace Skein.Manager.Scheduling;

/// <summary>What a group of equal tasks asks of a node.</summary>
internal sealed class Demand
{
    /// <summary>In swarmkit's order: a node is counted under the first that turns it down.</summary>
    private static readonly IReadOnlyList<NodeFilter> Filters =
    [
        new ReadyFilter(),
        new ResourceFilter(),
        new ConstraintFilter(),
        new PlatformFilter(),
        new GrantFilter(),
        new HostPortFilter(),
        new MaxReplicasFilter(),
    ];

    private readonly List<NodeFilter> _filters;

    public Demand(SwarmTask task)
    {
        Task = task;
        Constraints = Constraint.Parse(task.Spec?.Placement);
        _filters = Filters.Where(f => f.AppliesTo(task)).ToList();
    }

    /// <summary>One of the group; the others differ in nothing that placement looks at.</summary>
    public SwarmTask Task { get; }

    public IReadOnlyList<Constraint> Constraints { get; }

    public bool Fits(NodeLoad node) => FirstAgainst(node) < 0;

    /// <summary>Why none of the nodes will do, in Docker's words, the most frequent reason first; null when one will.</summary>
    public string? Refusal(IEnumerable<NodeLoad> nodes)
    {
        var refused = new int[_filters.Count];
        foreach (var node in nodes)
        {
            var filter = FirstAgainst(node);
            if (filter < 0) return null;
            refused[filter]++;
        }
        var reasons = Enumerable.Range(0, refused.Length).Where(i => refused[i] > 0).OrderByDescending(i => refused[i]).Select(i => _filters[i].Explain(refused[i]));
        return string.Join("; ", reasons);
    }

    private int FirstAgainst(NodeLoad node)
    {
        for (var i = 0; i < _filters.Count; i++)
        {
            if (!_filters[i].Admits(node, this)) return i;
        }
        return -1;
    }
}
