using System.Collections.Immutable;
using Google.Protobuf;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>All objects as of one revision of the store, with the indexes the control loops read.</summary>
public sealed class Snapshot
{
    public static readonly Snapshot Empty = new();

    public ulong Revision { get; init; }

    public Cluster? Cluster => field ??= Of(ObjectKind.Cluster).All.FirstOrDefault();

    /// <summary>null until the swarm's first leader has written it: there is one key then.</summary>
    public StoreKey? StoreKey => field ??= Of(ObjectKind.StoreKey).Find(StoreKeys.TheStoreKey);

    public ObjectTable<Node> Nodes => Of(ObjectKind.Node);

    public ObjectTable<Network> Networks => Of(ObjectKind.Network);

    public ObjectTable<Service> Services => Of(ObjectKind.Service);

    public ObjectTable<SwarmTask> Tasks => Of(ObjectKind.Task);

    public ObjectTable<ContainerAttachment> Attachments => Of(ObjectKind.Attachment);

    public ObjectTable<ManagerBeat> ManagerBeats => Of(ObjectKind.ManagerBeat);

    public ObjectTable<DrainProgress> DrainProgress => Of(ObjectKind.DrainProgress);

    public ObjectTable<Fence> Fences => Of(ObjectKind.Fence);

    /// <summary>The leader as the store knows it; null while there is none.</summary>
    public LeaderTerm? Leader { get; init; }

    /// <summary>One a kind, in the kinds' order.</summary>
    internal ImmutableArray<ObjectTable> Tables { get; init; } = [.. ObjectKind.All.Select(kind => kind.EmptyTable)];

    /// <summary>
    /// By key of etcd, when what is stored there was written, of the objects that were sealed anew since they last changed: their versions
    /// are older than that, and a write of theirs compares this.
    /// </summary>
    internal ImmutableDictionary<string, ulong> SealedAnew { get; init; } = ImmutableDictionary.Create<string, ulong>(StringComparer.Ordinal);

    internal ImmutableDictionary<string, ImmutableHashSet<string>> TaskIdsByService { get; init; } =
        ImmutableDictionary.Create<string, ImmutableHashSet<string>>(StringComparer.Ordinal);

    internal ImmutableDictionary<string, ImmutableHashSet<string>> TaskIdsByNode { get; init; } =
        ImmutableDictionary.Create<string, ImmutableHashSet<string>>(StringComparer.Ordinal);

    public ObjectTable<T> Of<T>(ObjectKind<T> kind) where T : class, IStoreObject, IMessage<T>, new() => (ObjectTable<T>)Tables[kind.Index];

    public IEnumerable<SwarmTask> TasksOfService(string serviceId) => TasksOf(TaskIdsByService, serviceId);

    public IEnumerable<SwarmTask> TasksOfNode(string nodeId) => TasksOf(TaskIdsByNode, nodeId);

    /// <summary>etcd's mod_revision of an object in this version.</summary>
    internal ulong WrittenAt(ObjectKind kind, string id, ulong version) =>
        SealedAnew.TryGetValue(StoreKeys.Of(kind, id), out var written) && Tables[kind.Index].Get(id)?.Meta?.Version == version ? written : version;

    /// <summary>This snapshot with the changes applied, as the store will show them at <paramref name="revision"/>.</summary>
    internal Snapshot With(IEnumerable<Change> changes, ulong revision)
    {
        var builder = new SnapshotBuilder(this);
        foreach (var change in changes) builder.Apply(change);
        return builder.Build(revision, Leader);
    }

    internal Snapshot WithoutTasks() => new()
    {
        Revision = Revision,
        Leader = Leader,
        Tables = Tables.SetItem(ObjectKind.Task.Index, ObjectKind.Task.EmptyTable),
    };

    private IEnumerable<SwarmTask> TasksOf(ImmutableDictionary<string, ImmutableHashSet<string>> index, string key) =>
        index.TryGetValue(key, out var ids) ? ids.Select(id => Tasks.Find(id)!) : [];
}
