using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Tests.Store;

/// <summary>
/// The store without etcd: one revision a commit, every object's version is the revision that wrote it, expectations and
/// the leader's term are compared as the real one compares them. What is put is copied, so that a later change to the
/// caller's object can't leak into a snapshot.
/// </summary>
internal sealed class MemoryStore : IStore
{
    private readonly Lock _lock = new();
    private readonly List<IReadOnlyList<Change>> _commits = [];
    private TaskCompletionSource _newer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Snapshot _current = Snapshot.Empty;

    /// <summary>Called with each commit before it is judged; throwing from it makes the commit fail. For tests of retries.</summary>
    public Action<Changes>? BeforeCommit { get; set; }

    /// <summary>Commits that changed something, in their order.</summary>
    public IReadOnlyList<IReadOnlyList<Change>> Commits
    {
        get { lock (_lock) return [.. _commits]; }
    }

    public Snapshot Current
    {
        get { lock (_lock) return _current; }
    }

    public ChangeHistory History { get; } = new(TimeProvider.System);

    public async Task<Snapshot> WaitNewerAsync(ulong revision, CancellationToken cancel)
    {
        while (true)
        {
            Task newer;
            lock (_lock)
            {
                if (_current.Revision > revision) return _current;
                newer = _newer.Task;
            }
            await newer.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for a condition of what is stored.</summary>
    public async Task<Snapshot> UntilAsync(string what, Func<Snapshot, bool> holds)
    {
        var (snapshot, soon) = (Current, Poll.Soon);
        try
        {
            while (!holds(snapshot)) snapshot = await WaitNewerAsync(snapshot.Revision, soon);
            return snapshot;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{what}: not within {Poll.Patience.TotalSeconds} s; the store has nodes {string.Join(", ", snapshot.Nodes.All)}");
        }
    }

    public Task<Snapshot> CommitAsync(Changes changes, LeaderTerm? term, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        try
        {
            BeforeCommit?.Invoke(changes);
            return Task.FromResult(Commit(changes, term));
        }
        catch (Exception failure)
        {
            return Task.FromException<Snapshot>(failure);
        }
    }

    /// <summary>Puts without a term; for arranging a test.</summary>
    public Snapshot Commit(Action<Changes> fill)
    {
        var changes = new Changes();
        fill(changes);
        return Commit(changes, null);
    }

    public void SetLeader(LeaderTerm? term)
    {
        lock (_lock) Publish(new SnapshotBuilder(_current).Build(_current.Revision + 1, term));
    }

    private Snapshot Commit(Changes changes, LeaderTerm? term)
    {
        lock (_lock)
        {
            if (term is not null && term != _current.Leader) throw new NotLeaderException();
            if (changes.IsEmpty) return _current;
            if (changes.All.Any(IsOutOfSequence)) throw new SequenceConflictException();
            var revision = _current.Revision + 1;
            var stored = changes.All.Select(c => c with { Object = AsStored(c.Object, revision) }).ToList();
            _commits.Add(stored);
            var before = stored.Select(c => Find(c.Kind, c.Id)).ToList();
            Publish(_current.With(stored, revision));
            foreach (var (change, was) in stored.Zip(before)) History.Add(change.Kind, change.Id, was, change.Object);
            return _current;
        }
    }

    private bool IsOutOfSequence(Change change) =>
        change.ExpectedVersion is { } expected && expected != (MetaOf(Find(change.Kind, change.Id))?.Version ?? 0);

    private IMessage? Find(ObjectKind kind, string id) => kind switch
    {
        ObjectKind.Cluster => _current.Cluster?.Id == id ? _current.Cluster : null,
        ObjectKind.Node => _current.Nodes.Find(id),
        ObjectKind.Network => _current.Networks.Find(id),
        ObjectKind.Service => _current.Services.Find(id),
        ObjectKind.Task => _current.Tasks.Find(id),
        ObjectKind.ManagerBeat => _current.ManagerBeats.Find(id),
        ObjectKind.Fence => _current.Fences.Find(id),
        ObjectKind.DrainProgress => _current.DrainProgress.Find(id),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "a kind of object the memory store does not know"),
    };

    private static IMessage? AsStored(IMessage? message, ulong revision) => message switch
    {
        null => null,
        Cluster o => With(o.Clone(), o.Meta, (c, m) => c.Meta = m, revision),
        Node o => With(o.Clone(), o.Meta, (c, m) => c.Meta = m, revision),
        Network o => With(o.Clone(), o.Meta, (c, m) => c.Meta = m, revision),
        Service o => With(o.Clone(), o.Meta, (c, m) => c.Meta = m, revision),
        SwarmTask o => With(o.Clone(), o.Meta, (c, m) => c.Meta = m, revision),
        ManagerBeat o => With(o.Clone(), o.Meta, (c, m) => c.Meta = m, revision),
        DrainProgress o => With(o.Clone(), o.Meta, (c, m) => c.Meta = m, revision),
        Fence o => With(o.Clone(), o.Meta, (c, m) => c.Meta = m, revision),
        _ => throw new ArgumentOutOfRangeException(nameof(message), message, "a message the memory store does not know"),
    };

    private static T With<T>(T clone, Meta? meta, Action<T, Meta> set, ulong revision)
    {
        var stored = meta?.Clone() ?? new Meta();
        stored.Version = revision;
        if (stored.CreatedVersion == 0) stored.CreatedVersion = revision;
        set(clone, stored);
        return clone;
    }

    private static Meta? MetaOf(IMessage? message) => message switch
    {
        Cluster o => o.Meta,
        Node o => o.Meta,
        Network o => o.Meta,
        Service o => o.Meta,
        SwarmTask o => o.Meta,
        ManagerBeat o => o.Meta,
        DrainProgress o => o.Meta,
        Fence o => o.Meta,
        _ => null,
    };

    private void Publish(Snapshot snapshot)
    {
        _current = snapshot;
        var waiting = _newer;
        _newer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }
}
