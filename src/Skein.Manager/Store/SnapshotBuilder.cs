using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>Applies changes to a snapshot and keeps its indexes.</summary>
internal sealed class SnapshotBuilder(Snapshot from)
{
    /// <summary>Of the kinds that have changed.</summary>
    private readonly ObjectTable.Builder?[] _tables = new ObjectTable.Builder?[ObjectKind.All.Count];
    private readonly ImmutableDictionary<string, ulong>.Builder _sealedAnew = from.SealedAnew.ToBuilder();
    private readonly ImmutableDictionary<string, ImmutableHashSet<string>>.Builder _byService = from.TaskIdsByService.ToBuilder();
    private readonly ImmutableDictionary<string, ImmutableHashSet<string>>.Builder _byNode = from.TaskIdsByNode.ToBuilder();

    public void Apply(Change change)
    {
        var table = _tables[change.Kind.Index] ??= from.Tables[change.Kind.Index].ToBuilder();
        if (change.Kind == ObjectKind.Task)
        {
            if (table.Get(change.Id) is SwarmTask old) Unindex(old);
            if (change.Object is SwarmTask task) Index(task);
        }
        table.Set(change.Id, change.Object);
        if (_sealedAnew.Count > 0) _sealedAnew.Remove(StoreKeys.Of(change.Kind, change.Id));
    }

    /// <summary>The object is as it was; what is stored of it was written then.</summary>
    public void NoteSealedAnew(ObjectKind kind, string id, ulong written) => _sealedAnew[StoreKeys.Of(kind, id)] = written;

    /// <summary>As it stands now.</summary>
    public IStoreObject? Find(ObjectKind kind, string id) => _tables[kind.Index] is { } changed ? changed.Get(id) : from.Tables[kind.Index].Get(id);

    public Snapshot Build(ulong revision, LeaderTerm? leader) => new()
    {
        Revision = revision,
        Leader = leader,
        Tables = [.. _tables.Select((changed, i) => changed?.Build() ?? from.Tables[i])],
        SealedAnew = _sealedAnew.ToImmutable(),
        TaskIdsByService = _byService.ToImmutable(),
        TaskIdsByNode = _byNode.ToImmutable(),
    };

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
