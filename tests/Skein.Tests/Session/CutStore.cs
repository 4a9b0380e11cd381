using Skein.Manager.Store;

namespace Skein.Tests.Session;

/// <summary>The store as a manager on the wrong side of a partition has it: it reads what it had and writes nothing.</summary>
internal sealed class CutStore(IStore store) : IStore
{
    public bool IsCut { get; set; }

    public Snapshot Current => store.Current;

    public ChangeHistory History => store.History;

    public Task<Snapshot> WaitNewerAsync(ulong revision, CancellationToken cancel) => store.WaitNewerAsync(revision, cancel);

    public Task<Snapshot> CommitAsync(Changes changes, LeaderTerm? term, CancellationToken cancel) =>
        IsCut ? Task.FromException<Snapshot>(new IOException("no quorum")) : store.CommitAsync(changes, term, cancel);
}
