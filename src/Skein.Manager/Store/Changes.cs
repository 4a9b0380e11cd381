using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>What one transaction writes. A later change of the same object replaces the earlier and keeps its expectation.</summary>
public sealed class Changes
{
    /// <summary>
    /// No more than about this many bytes of objects go into one: etcd takes a request of 32 MiB, and each task carries its
    /// whole spec.
    /// </summary>
    public const int MostBytes = 16 << 20;

    private readonly Dictionary<(ObjectKind, string), Change> _byKey = [];

    public IReadOnlyCollection<Change> All => _byKey.Values;

    public bool IsEmpty => _byKey.Count == 0;

    public void Put(Cluster cluster) => Add(new(ObjectKind.Cluster, cluster.Id, cluster, cluster.Meta?.Version ?? 0));

    public void Put(Node node) => Add(new(ObjectKind.Node, node.Id, node, node.Meta?.Version ?? 0));

    public void Put(Network network) => Add(new(ObjectKind.Network, network.Id, network, network.Meta?.Version ?? 0));

    public void Put(Service service) => Add(new(ObjectKind.Service, service.Id, service, service.Meta?.Version ?? 0));

    public void Put(SwarmTask task) => Add(new(ObjectKind.Task, task.Id, task, task.Meta?.Version ?? 0));

    public void Put(ManagerBeat beat) => Add(new(ObjectKind.ManagerBeat, beat.Id, beat, beat.Meta?.Version ?? 0));

    public void Put(Fence fence) => Add(new(ObjectKind.Fence, fence.Id, fence, fence.Meta?.Version ?? 0));

    public void Delete(ObjectKind kind, string id, ulong? expectedVersion = null) => Add(new(kind, id, null, expectedVersion));

    private void Add(Change change)
    {
        var key = (change.Kind, change.Id);
        _byKey[key] = _byKey.TryGetValue(key, out var earlier)
            ? change with { ExpectedVersion = earlier.ExpectedVersion }
            : change;
    }
}
