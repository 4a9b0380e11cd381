namespace Skein.Manager.Store;

/// <summary>Waiting for what another manager or loop is about to write.</summary>
public static class StoreWaiting
{
    /// <summary>The first snapshot, from the current one on, that is so; once the limit has passed, the newest, which is not.</summary>
    public static async Task<Snapshot> WaitUntilAsync(
        this IStore store, Func<Snapshot, bool> isSo, TimeSpan limit, TimeProvider time, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancel);
        var seen = store.Current;
        try
        {
            while (!isSo(seen)) seen = await store.WaitNewerAsync(seen.Revision, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The limit has passed: the caller says what that means.
        }
        return seen;
    }

    /// <summary>The first snapshot that has another of any of these parts. Unchanged parts of snapshots are the same objects.</summary>
    public static async Task<Snapshot> WaitUntilOtherAsync(this IStore store, Snapshot than, CancellationToken cancel, params Func<Snapshot, object?>[] parts)
    {
        var seen = than;
        while (parts.All(part => ReferenceEquals(part(seen), part(than)))) seen = await store.WaitNewerAsync(seen.Revision, cancel);
        return seen;
    }
}
