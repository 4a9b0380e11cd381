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
            if (changes.All.Any(IsOutOfSequence) || changes.Required.Any(one => one.Version != (_current.Tables[one.Kind.Index].Get(one.Id)?.Meta?.Version ?? 0))) throw new SequenceConflictException();
            var revision = _current.Revision + 1;
            var stored = changes.All.Select(c => AsStored(c, revision)).ToList();
            _commits.Add(stored);
            var before = stored.Select(Find).ToList();
            Publish(_current.With(stored, revision));
            foreach (var (change, was) in stored.Zip(before)) History.Add(change.Kind, change.Id, was, change.Object);
            return _current;
        }
    }

    private bool IsOutOfSequence(Change change) =>
        change.ExpectedVersion is { } expected && expected != (Find(change)?.Meta?.Version ?? 0);

    private IStoreObject? Find(Change change) => _current.Tables[change.Kind.Index].Get(change.Id);

    private static Change AsStored(Change change, ulong revision)
    {
        if (change.Object is null) return change;
        var stored = change.Kind.Clone(change.Object);
        stored.Meta ??= new();
        stored.Meta.Version = revision;
        if (stored.Meta.CreatedVersion == 0) stored.Meta.CreatedVersion = revision;
        return change with { Object = stored };
    }

    private void Publish(Snapshot snapshot)
    {
        _current = snapshot;
        var waiting = _newer;
        _newer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }
}
