using System.Collections.Immutable;
using Google.Protobuf;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>Applies changes to a snapshot and keeps its indexes.</summary>
internal sealed class SnapshotBuilder(Snapshot from)
{
    private Cluster? _cluster = from.Cluster;
    private readonly ImmutableDictionary<string, Node>.Builder _nodes = from.Nodes.ById.ToBuilder();
    private readonly ImmutableDictionary<string, Network>.Builder _networks = from.Networks.ById.ToBuilder();
    private readonly ImmutableDictionary<string, Service>.Builder _services = from.Services.ById.ToBuilder();
    private readonly ImmutableDictionary<string, SwarmTask>.Builder _tasks = from.Tasks.ById.ToBuilder();
    private readonly ImmutableDictionary<string, ManagerBeat>.Builder _beats = from.ManagerBeats.ById.ToBuilder();
    private readonly ImmutableDictionary<string, DrainProgress>.Builder _drains = from.DrainProgress.ById.ToBuilder();
    private readonly ImmutableDictionary<string, Fence>.Builder _fences = from.Fences.ById.ToBuilder();
    private readonly ImmutableDictionary<string, ImmutableHashSet<string>>.Builder _byService = from.TaskIdsByService.ToBuilder();
    private readonly ImmutableDictionary<string, ImmutableHashSet<string>>.Builder _byNode = from.TaskIdsByNode.ToBuilder();

    public void Apply(Change change)
    {
        switch (change.Kind)
        {
            case ObjectKind.Cluster: _cluster = (Cluster?)change.Object; break;
            case ObjectKind.Node: Set(_nodes, change); break;
            case ObjectKind.Network: Set(_networks, change); break;
            case ObjectKind.Service: Set(_services, change); break;
            case ObjectKind.ManagerBeat: Set(_beats, change); break;
            case ObjectKind.Fence: Set(_fences, change); break;
            case ObjectKind.DrainProgress: Set(_drains, change); break;
            case ObjectKind.Task:
                if (_tasks.TryGetValue(change.Id, out var old)) Unindex(old);
                Set(_tasks, change);
                if (change.Object is SwarmTask task) Index(task);
                break;
            default: throw new InvalidOperationException($"unknown object kind {change.Kind}");
        }
    }

    /// <summary>As it stands now, of the kinds that users name; else null.</summary>
    public IMessage? Find(ObjectKind kind, string id) => kind switch
    {
        ObjectKind.Node => _nodes.GetValueOrDefault(id),
        ObjectKind.Network => _networks.GetValueOrDefault(id),
        ObjectKind.Service => _services.GetValueOrDefault(id),
        _ => null,
    };

    public Snapshot Build(ulong revision, LeaderTerm? leader) => new()
    {
        Revision = revision,
        Leader = leader,
        Cluster = _cluster,
        Nodes = new(_nodes.ToImmutable()),
        Networks = new(_networks.ToImmutable()),
        Services = new(_services.ToImmutable()),
        Tasks = new(_tasks.ToImmutable()),
        ManagerBeats = new(_beats.ToImmutable()),
        DrainProgress = new(_drains.ToImmutable()),
        Fences = new(_fences.ToImmutable()),
        TaskIdsByService = _byService.ToImmutable(),
        TaskIdsByNode = _byNode.ToImmutable(),
    };

    private static void Set<T>(ImmutableDictionary<string, T>.Builder table, Change change) where T : class
    {
        if (change.Object is null) table.Remove(change.Id);
        else table[change.Id] = (T)change.Object;
    }

    private void Index(SwarmTask task)
    {
        if (task.ServiceId.Length > 0) Add(_byService, task.ServiceId, task.Id);
        if (task.NodeId.Length > 0) Add(_byNode, task.NodeId, task.Id);
    }

    private void Unindex(SwarmTask task)
    {
        if (task.ServiceId.Length > 0) Remove(_byService, task.ServiceId, task.Id);
        if (task.NodeId.Length > 0) Remove(_byNode, task.NodeId, task.Id);
    }

    private static void Add(ImmutableDictionary<string, ImmutableHashSet<string>>.Builder index, string key, string id) =>
        index[key] = index.TryGetValue(key, out var ids) ? ids.Add(id) : [id];

    private static void Remove(ImmutableDictionary<string, ImmutableHashSet<string>>.Builder index, string key, string id)
    {
        if (!index.TryGetValue(key, out var ids)) return;
        ids = ids.Remove(id);
        if (ids.IsEmpty) index.Remove(key);
        else index[key] = ids;
    }
}
