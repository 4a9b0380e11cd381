using Google.Protobuf;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>
/// The newest changes of the kinds that have events, one by one as the store told of them. Who comes
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

    /// <summary>The object as it was in that version; null when that was before what is kept here.</summary>
    internal T? AsOf<T>(ObjectKind<T> kind, string id, ulong version) where T : class, IStoreObject, IMessage<T>, new()
    {
        lock (_lock)
        {
            return _changes.Where(change => change.Kind == kind && change.Id == id)
                .SelectMany(change => new[] { change.Before, change.Now })
                .OfType<T>()
                .FirstOrDefault(one => one.Meta?.Version == version);
        }
    }

    internal void Add(ObjectKind kind, string id, IStoreObject? before, IStoreObject? now)
    {
        if (!kind.HasEvents || (before is null && now is null)) return;
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
        foreach (var kind in ObjectKind.All)
        {
            if (kind.HasEvents) AddBetween(kind, old.Tables[kind.Index], now.Tables[kind.Index]);
        }
    }

    private void AddBetween(ObjectKind kind, ObjectTable old, ObjectTable now)
    {
        foreach (var current in now.Objects)
        {
            var before = old.Get(current.Id);
            if (!current.Equals(before)) Add(kind, current.Id, before, current);
        }
        foreach (var before in old.Objects)
        {
            if (now.Get(before.Id) is null) Add(kind, before.Id, before, null);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
