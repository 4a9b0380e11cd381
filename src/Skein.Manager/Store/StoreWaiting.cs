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
}
