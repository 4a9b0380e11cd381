using Skein.Manager.Store;
using Skein.Model.Identity;
using Skein.Model.Timing;

namespace Skein.Managing;

/// <summary>On a manager: tells that its disk is not sealed by the key that the swarm's state has, again and again until it is.</summary>
/// <param name="isSealedBy">null = with no key at all.</param>
internal sealed class LockWatch(Func<UnlockKey?, bool> isSealedBy, Action tell, TimeProvider time)
{
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    public async Task RunAsync(IStore store, CancellationToken cancel)
    {
        while (true)
        {
            var seen = store.Current;
            var pause = Timeout.InfiniteTimeSpan;
            if (!isSealedBy(KeyOf(seen)))
            {
                tell();
                pause = Again;
            }
            await Sides.FirstAsync(cancel, over => store.WaitUntilOtherAsync(seen, over, s => s.Cluster), over => Task.Delay(pause, time, over));
        }
    }

    public static UnlockKey? KeyOf(Snapshot snapshot) => snapshot.Cluster is { } cluster ? UnlockKey.Of(cluster.UnlockKey.Span) : null;
}
