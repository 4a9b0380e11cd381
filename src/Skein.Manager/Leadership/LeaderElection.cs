using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model.Timing;

namespace Skein.Manager.Leadership;

/// <summary>
/// Runs the control loops while this manager leads. The claim is written once a term; a beat beside it shows that the
/// leader lives. A loop's writes compare the claim, so one that was followed while it was away cannot write any more:
/// safety is in the comparison, the timing decides only how soon a dead leader is followed.
/// </summary>
public sealed partial class LeaderElection
{
    private static readonly TimeSpan BeatPeriod = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReadPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1200);
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly LeaderClaim _claim;
    private readonly ClaimWatch _watch = new(Patience, LongestStep);
    private readonly OwnLateness _late = new();
    private readonly string _self;
    private readonly Func<LeaderTerm, CancellationToken, Task> _lead;
    private readonly QuorumWatch _quorum;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ILogger _log;
    private readonly Repeats _repeats;

    /// <param name="self">This manager's node id.</param>
    /// <param name="lead">Runs until its token is cancelled; when it ends or fails before, the claim is given back.</param>
    /// <param name="quorum">Told of every answer that most members have a part in.</param>
    public LeaderElection(
        EtcdClient etcd, string self, Func<LeaderTerm, CancellationToken, Task> lead, QuorumWatch quorum, TimeProvider time, ILogger log)
    {
        _claim = new(etcd, time);
        (_self, _lead, _quorum, _time, _log, _start) = (self, lead, quorum, time, log, time.GetTimestamp());
        _repeats = new(time);
    }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var term = await ContendAsync(stop);
                await LeadAsync(term, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    private void NoteUnreachable(RpcException e)
    {
        var reason = EtcdClient.Reason(e);
        if (_repeats.IsNews(reason)) LogUnreachable(reason);
    }

    private async Task<LeaderTerm> ContendAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                var reading = await _claim.ReadAsync(stop);
                _quorum.Hear();
                if (_watch.Observe(reading, _self, Now, _late.At(Now))
                    && await _claim.TakeAsync(_self, reading, stop) is { } term)
                {
                    LogLeads(term.KeyRevision, reading is null ? "nobody" : reading.ManagerId);
                    return term;
                }
            }
            catch (RpcException e) when (!stop.IsCancellationRequested)
            {
                NoteUnreachable(e);
            }
            catch (RpcException)
            {
                throw new OperationCanceledException(stop);
            }
            var paused = Now;
            await Task.Delay(ReadPeriod, _time, stop);
            _late.Note(ReadPeriod, Now - paused, Now);
        }
    }

    private async Task LeadAsync(LeaderTerm term, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var leading = RunLoopsAsync(term, ended.Token);
        var followed = await BeatWhileAsync(term, leading, ended.Token);
        await ended.CancelAsync();
        await leading;
        if (followed)
        {
            LogFollowed(term.KeyRevision);
            return;
        }
        await ResignAsync(term);
        // The loops have failed: another manager has the first go now.
        if (!stop.IsCancellationRequested) await Task.Delay(RestartPause, _time, stop);
    }

    private async Task RunLoopsAsync(LeaderTerm term, CancellationToken cancel)
    {
        // On another thread: the beat must not wait for the loops' first synchronous stretch.
        await Task.Yield();
        try
        {
            await _lead(term, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        catch (NotLeaderException)
        {
        }
        catch (Exception e)
        {
            LogLoopsFailed(e);
        }
    }

    /// <summary>True when another has taken the claim; false when the loops ended or this manager stops.</summary>
    private async Task<bool> BeatWhileAsync(LeaderTerm term, Task leading, CancellationToken cancel)
    {
        while (!leading.IsCompleted)
        {
            try
            {
                if (!await _claim.BeatAsync(term, cancel)) return true;
                _quorum.Hear();
                await Task.WhenAny(leading, Task.Delay(BeatPeriod, _time, cancel));
            }
            catch (RpcException e) when (!cancel.IsCancellationRequested)
            {
                NoteUnreachable(e);
                await Task.WhenAny(leading, Task.Delay(RetryPeriod, _time, cancel));
            }
            catch (RpcException)
            {
                return false;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            if (cancel.IsCancellationRequested) return false;
        }
        return false;
    }

    private async Task ResignAsync(LeaderTerm term)
    {
        try
        {
            await _claim.ResignAsync(term, CancellationToken.None);
            LogResigned(term.KeyRevision);
        }
        catch (RpcException e)
        {
            NoteUnreachable(e);   // the others follow when they hear no beat
        }
    }
}
