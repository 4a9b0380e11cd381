using Skein.Manager.Store;

namespace Skein.Tests.Control;

/// <summary>A store that shows what it has, and answers a write when the test does.</summary>
internal sealed class SilentStore(IStore store) : IStore
{
    public TaskCompletionSource<Snapshot> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Writes begun.</summary>
    public int Commits { get; private set; }

    public Snapshot Current => store.Current;

    public ChangeHistory History => store.History;

    public Task<Snapshot> WaitNewerAsync(ulong revision, CancellationToken cancel) => store.WaitNewerAsync(revision, cancel);

    public Task<Snapshot> CommitAsync(Changes changes, LeaderTerm? term, CancellationToken cancel)
    {
        Commits++;
        return Answer.Task;
    }
}
