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
    private volatile Landing _last = new(time.GetTimestamp(), TimeSpan.Zero);

    /// <summary>Three of them in a row could not be stored: this manager does not reach the swarm's state.</summary>
    public bool AreMissed
    {
        get
        {
            var last = _last;
            var period = ClusterDefaults.HeartbeatPeriodOf(store.Current.Cluster);
            return SinceLanded > (period > last.Period ? period : last.Period) * ClusterDefaults.MissedBeats;
        }
    }

    private TimeSpan SinceLanded => time.GetElapsedTime(_last.At);

    public async Task RunAsync(CancellationToken cancel)
    {
        _last = new(time.GetTimestamp(), TimeSpan.Zero);
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
            _last = new(time.GetTimestamp(), period);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogMissed(SinceLanded.TotalSeconds, e.Message);
            // At once again would be a busy loop against a store that refuses at once.
            await Task.Delay(period / 10, time, cancel);
        }
    }

    /// <param name="Period">In force then: the next beat comes after it, also when a shorter one is set meanwhile.</param>
    private sealed record Landing(long At, TimeSpan Period);

    [LoggerMessage(2311, LogLevel.Warning, "this manager's beat could not be stored, the last was {Seconds:F1} s ago: {Reason}")]
    private partial void LogMissed(double seconds, string reason);
}
