using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>All objects as of one revision of the store, with the indexes the control loops read.</summary>
public sealed class Snapshot
{
    public static readonly Snapshot Empty = new();

    public ulong Revision { get; init; }

    public Cluster? Cluster { get; init; }

    public ObjectTable<Node> Nodes { get; init; } = ObjectTable<Node>.Empty;

    public ObjectTable<Network> Networks { get; init; } = ObjectTable<Network>.Empty;

    public ObjectTable<Service> Services { get; init; } = ObjectTable<Service>.Empty;

    public ObjectTable<SwarmTask> Tasks { get; init; } = ObjectTable<SwarmTask>.Empty;

    public ObjectTable<ManagerBeat> ManagerBeats { get; init; } = ObjectTable<ManagerBeat>.Empty;

    public ObjectTable<DrainProgress> DrainProgress { get; init; } = ObjectTable<DrainProgress>.Empty;

    public ObjectTable<Fence> Fences { get; init; } = ObjectTable<Fence>.Empty;

    /// <summary>The leader as the store knows it; null while there is none.</summary>
    public LeaderTerm? Leader { get; init; }

    internal ImmutableDictionary<string, ImmutableHashSet<string>> TaskIdsByService { get; init; } =
        ImmutableDictionary.Create<string, ImmutableHashSet<string>>(StringComparer.Ordinal);

    internal ImmutableDictionary<string, ImmutableHashSet<string>> TaskIdsByNode { get; init; } =
        ImmutableDictionary.Create<string, ImmutableHashSet<string>>(StringComparer.Ordinal);

    public IEnumerable<SwarmTask> TasksOfService(string serviceId) => TasksOf(TaskIdsByService, serviceId);

    public IEnumerable<SwarmTask> TasksOfNode(string nodeId) => TasksOf(TaskIdsByNode, nodeId);

    /// <summary>This snapshot with the changes applied, as the store will show them at <paramref name="revision"/>.</summary>
    internal Snapshot With(IEnumerable<Change> changes, ulong revision)
    {
        var builder = new SnapshotBuilder(this);
        foreach (var change in changes) builder.Apply(change);
        return builder.Build(revision, Leader);
    }

    private IEnumerable<SwarmTask> TasksOf(ImmutableDictionary<string, ImmutableHashSet<string>> index, string key) =>
        index.TryGetValue(key, out var ids) ? ids.Select(id => Tasks.Find(id)!) : [];
}
