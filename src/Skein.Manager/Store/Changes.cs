using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>What one transaction writes. A later change of the same object replaces the earlier and keeps its expectation.</summary>
public sealed class Changes
{
    /// <summary>
    /// About so many bytes of objects go into one, and the rest into the next: each task carries its whole spec, and while etcd
    /// writes and copies a large request the leader's beats wait behind it.
    /// </summary>
    public const int EnoughBytes = 1 << 20;

    /// <summary>Of one object, swarmkit's bound.</summary>
    public const int MostBytesOfAnObject = 3 << 19;

    private readonly Dictionary<(ObjectKind, string), Change> _byKey = [];
    private readonly List<Requirement> _required = [];

    public IReadOnlyCollection<Change> All => _byKey.Values;

    /// <summary>What is written only if these are as they were read, and are not written themselves.</summary>
    public IReadOnlyCollection<Requirement> Required => _required;

    public bool IsEmpty => _byKey.Count == 0;

    public void Put(IStoreObject o) => Add(new(ObjectKind.Of(o), o.Id, o, o.Meta?.Version ?? 0));

    public void Delete(ObjectKind kind, string id, ulong? expectedVersion = null) => Add(new(kind, id, null, expectedVersion));

    /// <summary>What is written follows from this object as it was read.</summary>
    public void Require(IStoreObject o) => _required.Add(new(ObjectKind.Of(o), o.Id, o.Meta?.Version ?? 0));

    private void Add(Change change)
    {
        var key = (change.Kind, change.Id);
        _byKey[key] = _byKey.TryGetValue(key, out var earlier)
            ? change with { ExpectedVersion = earlier.ExpectedVersion }
            : change;
    }
}
