using Skein.Manager.Store;
using Skein.Model.Identity;
using Skein.Model.Timing;

namespace Skein.Managing;

/// <summary>
/// On a manager: tells that its disk is not sealed by the key that the swarm's state has, or has not the store's keys that the manager has,
/// again and again until it is so.
/// </summary>
/// <param name="isSealedBy">null = with no key at all.</param>
/// <param name="has">These, and no others.</param>
internal sealed class KeyWatch(Func<UnlockKey?, bool> isSealedBy, Func<IReadOnlyList<ReadOnlyMemory<byte>>, bool> has, Action tell, TimeProvider time)
{
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    public async Task RunAsync(IStore store, KeyRing keys, CancellationToken cancel)
    {
        while (true)
        {
            var (seen, changed) = (store.Current, keys.Changed);
            var pause = Timeout.InfiniteTimeSpan;
            if (!isSealedBy(KeyOf(seen)) || !has(keys.Keys))
            {
                tell();
                pause = Again;
            }
            await Sides.FirstAsync(
                cancel, over => store.WaitUntilOtherAsync(seen, over, s => s.Cluster), changed.WaitAsync, over => Task.Delay(pause, time, over));
        }
    }

    public static UnlockKey? KeyOf(Snapshot snapshot) => snapshot.Cluster is { } cluster ? UnlockKey.Of(cluster.UnlockKey.Span) : null;
}
