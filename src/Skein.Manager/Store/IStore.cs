namespace Skein.Manager.Store;

/// <summary>
/// The swarm's state. Reads never leave the process: <see cref="Current"/> is an immutable replica fed by one watch.
/// Control loops meet here and nowhere else.
/// </summary>
public interface IStore
{
    /// <summary>The newest snapshot this manager has seen.</summary>
    Snapshot Current { get; }

    /// <summary>What has changed since this manager reads the store, one by one.</summary>
    ChangeHistory History { get; }

    /// <summary>Completes with a snapshot newer than <paramref name="revision"/>; at once when there is one.</summary>
    Task<Snapshot> WaitNewerAsync(ulong revision, CancellationToken cancel);

    /// <summary>
    /// Writes all of it or nothing, and completes when <see cref="Current"/> shows it. An object with
    /// <c>Meta.Version</c> 0 must not exist yet; any other, and each required one, must still have that version, else
    /// <see cref="SequenceConflictException"/>. With a term, the transaction also compares the leader's key, else
    /// <see cref="NotLeaderException"/>.
    /// </summary>
    Task<Snapshot> CommitAsync(Changes changes, LeaderTerm? term, CancellationToken cancel);
}
