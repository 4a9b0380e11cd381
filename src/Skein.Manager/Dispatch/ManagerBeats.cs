using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Timing;

namespace Skein.Manager.Dispatch;

/// <summary>
/// This manager's own beat, a key raised once a period: the leader sees by it that the manager lives, and the manager
/// itself that it still reaches the store. An etcd lease would be simpler, but its least time is in whole seconds and a change
/// of etcd's leader extends every lease, just when a dead manager is to be found.
/// </summary>
internal sealed partial class ManagerBeats(IStore store, string managerId, TimeProvider time, ILogger logger)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Between those that landed: a beat whose writing takes 1.5 s is no missed one.</summary>
    private readonly BeatGaps _gaps = new();

    private volatile Landing _last = new(TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Since this object was made.</summary>
    public TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>When one was last stored, and how long that may be ago while this manager reaches the swarm's state: three periods at least.</summary>
    public (TimeSpan Landed, TimeSpan Patience) Standing
    {
        get
        {
            var last = _last;
            var period = ClusterDefaults.HeartbeatPeriodOf(store.Current.Cluster);
            return (last.At, _gaps.PatienceAt(Now, (period > last.Period ? period : last.Period) * ClusterDefaults.MissedBeats));
        }
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        _last = new(Now, TimeSpan.Zero);
        while (true)
        {
            var period = ClusterDefaults.HeartbeatPeriodOf(store.Current.Cluster);
            var began = Now;
            await BeatAsync(period, cancel);
            var rest = period - (Now - began);
            if (rest > TimeSpan.Zero) await Task.Delay(rest, time, cancel);
        }
    }

    private async Task BeatAsync(TimeSpan period, CancellationToken cancel)
    {
        // Not one period: on a slow host each beat would be given up shortly before it landed.
        using var timeout = new CancellationTokenSource(Standing.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancel);
        try
        {
            await RaiseAsync(either.Token);
            Land(period);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogMissed((Now - _last.At).TotalSeconds, e.Message);
            // At once again would be a busy loop against a store that refuses at once.
            await Task.Delay(period / 10, time, cancel);
        }
    }

    private async Task RaiseAsync(CancellationToken cancel)
    {
        var seen = store.Current;
        var beat = seen.ManagerBeats.Find(managerId)?.Clone() ?? new ManagerBeat { Id = managerId };
        beat.Count++;
        var changes = new Changes();
        changes.Put(beat);
        try
        {
            await store.CommitAsync(changes, null, cancel);
        }
        catch (SequenceConflictException)
        {
            // Nobody else writes this key: one that was given up has landed after all. It counts when it is seen here.
            await store.WaitNewerAsync(seen.Revision, cancel);
        }
    }

    private void Land(TimeSpan period)
    {
        var now = Now;
        var last = _last;
        if (last.Period > TimeSpan.Zero) _gaps.Note(now - last.At, now, period, last.Period);
        _last = new(now, period);
    }

    /// <param name="Period">In force then: the next beat comes after it, also when a shorter one is set meanwhile. Zero before the first.</param>
    private sealed record Landing(TimeSpan At, TimeSpan Period);

    [LoggerMessage(2411, LogLevel.Warning, "this manager's beat could not be stored, the last was {Seconds:F1} s ago: {Reason}")]
    private partial void LogMissed(double seconds, string reason);
}
