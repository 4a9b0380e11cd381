using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>
/// When a task that is leaving may be stopped: once every node with a leg on one of its networks has programmed the revision from
/// which on nothing leads to it. Each manager knows this of the nodes in session with it, and of the others by what their managers
/// have written. A node that is down is not waited for. Pure.
/// </summary>
/// <param name="confirmed">Of a node in session with this manager: the revision it has programmed.</param>
internal sealed class DrainBarrier(AssignmentIndex index, string managerId, Func<string, ulong> confirmed)
{
    private readonly Dictionary<string, List<Node>> _holders = new(StringComparer.Ordinal);

    /// <summary>Tasks of this manager's nodes that no balancer leads to any more.</summary>
    public IReadOnlyList<SwarmTask> Drained() => [.. Leaving().Where(t => t.Task.Recall != TaskRecall.Open && IsOwn(index.Snapshot.Nodes.Find(t.Task.NodeId))).Where(IsDrained).Select(t => t.Task)];

    /// <summary>What the other managers wait to read of this one; null when they have read it, or wait for nothing.</summary>
    public DrainProgress? News()
    {
        var told = index.Snapshot.DrainProgress.Find(managerId);
        var waitedFor = Leaving()
            .Where(t => !IsOwn(index.Snapshot.Nodes.Find(t.Task.NodeId)))
            .SelectMany(t => NetworksOf(t.Task).Select(n => (Network: n, t.Revision)))
            .Where(w => Holders(w.Network).Any(IsOwn))
            .ToLookup(w => w.Network, w => w.Revision);
        var lowest = waitedFor.ToDictionary(w => w.Key, w => Lowest(Holders(w.Key).Where(IsOwn)));
        if (!waitedFor.Any(w => IsNews(told?.Networks.GetValueOrDefault(w.Key) ?? 0, lowest[w.Key], w))) return null;
        var news = new DrainProgress { Id = managerId, Meta = told?.Meta?.Clone() };
        news.Networks.Add(lowest);
        return news;
    }

    /// <summary>Worth a write: it lets a task go, or takes back what was said before a node came that is not as far.</summary>
    private static bool IsNews(ulong told, ulong lowest, IEnumerable<ulong> waitedFor) =>
        waitedFor.Any(revision => (told < revision) == (lowest >= revision));

    private IEnumerable<(SwarmTask Task, ulong Revision)> Leaving() =>
        index.Draining.Select(d => (index.Snapshot.Tasks.Find(d.Key)!, d.Value));

    private bool IsDrained((SwarmTask Task, ulong Revision) leaving) => NetworksOf(leaving.Task).All(n => IsPassed(n, leaving.Revision));

    private bool IsPassed(string network, ulong revision) =>
        Lowest(Holders(network).Where(IsOwn)) >= revision
        && Holders(network).Where(n => !IsOwn(n)).All(n => Published(n.Session.ManagerId, network) >= revision);

    private ulong Published(string manager, string network) =>
        index.Snapshot.DrainProgress.Find(manager)?.Networks.GetValueOrDefault(network) ?? 0;

    private ulong Lowest(IEnumerable<Node> own) => own.Select(n => confirmed(n.Id)).DefaultIfEmpty(ulong.MaxValue).Min();

    private bool IsOwn(Node? node) => node?.Session?.ManagerId == managerId;

    /// <summary>The nodes that balance on a network: those with a leg on it that are up.</summary>
    private List<Node> Holders(string network)
    {
        if (_holders.TryGetValue(network, out var known)) return known;
        var legs = index.EndpointsByNetwork.GetValueOrDefault(network) ?? ImmutableDictionary<string, OverlayEndpoint>.Empty;
        var holders = legs.Values.Select(e => e.NodeId).Distinct(StringComparer.Ordinal)
            .Select(index.Snapshot.Nodes.Find)
            .OfType<Node>().Where(n => n.Status?.State == NodeState.Ready && n.Session is not null)
            .ToList();
        return _holders[network] = holders;
    }

    private static IEnumerable<string> NetworksOf(SwarmTask task) => task.Networks.Select(n => n.NetworkId);
}
