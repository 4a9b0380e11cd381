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

    /// <summary>The first snapshot that has another of what is looked at. Unchanged parts of snapshots are the same objects.</summary>
    public static async Task<Snapshot> WaitUntilOtherAsync(this IStore store, Snapshot than, Func<Snapshot, object?> part, CancellationToken cancel)
    {
        var (seen, known) = (than, part(than));
        while (ReferenceEquals(part(seen), known)) seen = await store.WaitNewerAsync(seen.Revision, cancel);
        return seen;
    }
}
