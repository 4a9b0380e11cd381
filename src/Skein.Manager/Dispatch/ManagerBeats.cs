using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Dispatch;

/// <summary>
/// This manager's own beat, a key raised once a period: the leader sees by it that the manager lives, and the manager
/// itself that it still reaches the store. An etcd lease would be simpler, but its least time is in whole seconds and a change
/// of etcd's leader extends every lease, just when a dead manager is to be found.
/// </summary>
internal sealed partial class ManagerBeats(IStore store, string managerId, TimeProvider time, ILogger logger)
{
    private long _landed = time.GetTimestamp();

    /// <summary>How long ago a beat was last stored.</summary>
    public TimeSpan SinceLanded => time.GetElapsedTime(Volatile.Read(ref _landed));

    public async Task RunAsync(CancellationToken cancel)
    {
        Volatile.Write(ref _landed, time.GetTimestamp());
        while (true)
        {
            var period = ClusterDefaults.HeartbeatPeriodOf(store.Current.Cluster);
            var began = time.GetTimestamp();
            await BeatAsync(period, cancel);
            var rest = period - time.GetElapsedTime(began);
            if (rest > TimeSpan.Zero) await Task.Delay(rest, time, cancel);
        }
    }

    private async Task BeatAsync(TimeSpan period, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(period, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancel);
        try
        {
            var beat = store.Current.ManagerBeats.Find(managerId)?.Clone() ?? new ManagerBeat { Id = managerId };
            beat.Count++;
            var changes = new Changes();
            changes.Put(beat);
            await store.CommitAsync(changes, null, either.Token);
            Volatile.Write(ref _landed, time.GetTimestamp());
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogMissed(SinceLanded.TotalSeconds, e.Message);
            // At once again would be a busy loop against a store that refuses at once.
            await Task.Delay(period / 10, time, cancel);
        }
    }

    [LoggerMessage(2311, LogLevel.Warning, "this manager's beat could not be stored, the last was {Seconds:F1} s ago: {Reason}")]
    private partial void LogMissed(double seconds, string reason);
}
