using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>The managers this node knows. Given by the join, then by each session; kept on disk with the assignments.</summary>
public sealed class ManagerDirectory
{
    private volatile IReadOnlyList<ManagerPeer> _current = [];

    public IReadOnlyList<ManagerPeer> Current => _current;

    /// <summary>An empty list is not believed: it would leave nobody to ask.</summary>
    public void Set(IEnumerable<ManagerPeer> managers)
    {
        var next = managers.ToList();
        if (next.Count > 0) _current = next;
    }

    /// <summary>In the order to try them: the one on this host first, then in the given order of chance, the one that just failed last.</summary>
    public IReadOnlyList<ManagerPeer> InOrder(string ownNodeId, string lastFailed, Random random) =>
        [.. _current
            .Select(m => (Manager: m, Chance: random.Next()))
            .OrderBy(m => m.Manager.Addr == lastFailed)
            .ThenByDescending(m => m.Manager.NodeId == ownNodeId)
            .ThenBy(m => m.Chance)
            .Select(m => m.Manager)];
}
