using Google.Protobuf;

namespace Skein.Manager.Store;

/// <summary>
/// The newest changes of what users make and name (services, networks, nodes), one by one as the store told of them. Who comes
/// late, as the events of a host that has just become a manager, misses none of them; who never comes costs no more than these.
/// </summary>
public sealed class ChangeHistory(TimeProvider time)
{
    /// <summary>Four times Docker's own history of events: a stack of hundreds of services is one burst.</summary>
    public const int Kept = 1024;

    private readonly Lock _lock = new();

    // All under _lock.
    private readonly Queue<ObjectChange> _changes = new();
    private long _first;   // the number of the oldest one kept
    private TaskCompletionSource _more = New();

    /// <summary>Those from this number on that are kept, the number of the next, and what completes when it is there.</summary>
    public (IReadOnlyList<ObjectChange> Changes, long Next, Task More) ReadFrom(long number)
    {
        lock (_lock) return ([.. _changes.Skip((int)Math.Max(0, number - _first))], _first + _changes.Count, _more.Task);
    }

    internal void Add(ObjectKind kind, string id, IMessage? before, IMessage? now)
    {
        if (kind is not (ObjectKind.Service or ObjectKind.Network or ObjectKind.Node) || (before is null && now is null)) return;
        TaskCompletionSource waiting;
        lock (_lock)
        {
            _changes.Enqueue(new(kind, id, before, now, time.GetUtcNow()));
            if (_changes.Count > Kept)
            {
                _changes.Dequeue();
                _first++;
            }
            (waiting, _more) = (_more, New());
        }
        waiting.SetResult();
    }

    /// <summary>What happened while the store could not be followed, as far as it still shows.</summary>
    internal void AddBetween(Snapshot old, Snapshot now)
    {
        AddBetween(ObjectKind.Network, old.Networks, now.Networks);
        AddBetween(ObjectKind.Service, old.Services, now.Services);
        AddBetween(ObjectKind.Node, old.Nodes, now.Nodes);
    }

    private void AddBetween<T>(ObjectKind kind, ObjectTable<T> old, ObjectTable<T> now) where T : class, IMessage
    {
        foreach (var (id, current) in now.ById)
        {
            if (old.Find(id) is not { } before || !before.Equals(current)) Add(kind, id, old.Find(id), current);
        }
        foreach (var (id, before) in old.ById)
        {
            if (now.Find(id) is null) Add(kind, id, before, null);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
