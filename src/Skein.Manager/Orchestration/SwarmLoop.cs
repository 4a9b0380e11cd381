using System.Diagnostics.Metrics;
using Skein.Manager.Drafts;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Timing;

namespace Skein.Manager.Orchestration;

/// <summary>
/// The leader's control loop: a snapshot, one batch through all stages, one transaction; then the next snapshot, or the time
/// at which something falls due. It reacts at once: what arrives while a transaction is on its way makes the next batch.
/// </summary>
public sealed partial class SwarmLoop(IStore store, TimeProvider time, IIdSource ids, ILogger<SwarmLoop> logger)
{
    private static readonly Meter s_meter = new("Skein.Manager");
    private static readonly Counter<long> s_faults = s_meter.CreateCounter<long>(
        "skein.plan.faults", description: "Plans that failed at one service and were made without it");

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(5);

    /// <summary>A conflict means that something newer is in the store; if its watch lags, the state is looked at again after this.</summary>
    private static readonly TimeSpan ConflictPatience = TimeSpan.FromSeconds(1);

    private readonly FaultyServices _faulty = new();

    /// <summary>Runs until the term is over or the token is cancelled, and then just returns. No failure ends it.</summary>
    public async Task RunAsync(LeaderTerm term, CancellationToken cancel)
    {
        Started(term.ManagerId);
        var backoff = FirstBackoff;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await BatchAsync(term, cancel).ConfigureAwait(false);
                backoff = FirstBackoff;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (NotLeaderException)
            {
                TermOver(term.ManagerId);
                return;
            }
            catch (Exception failure)
            {
                BatchFailed(failure, backoff);
                await IdleAsync(backoff, cancel).ConfigureAwait(false);
                backoff = backoff * 2 > LongestBackoff ? LongestBackoff : backoff * 2;
            }
        }
    }

    private async Task BatchAsync(LeaderTerm term, CancellationToken cancel)
    {
        var seen = store.Current;
        if (TryPlan(seen) is not { } plan) return;   // the next, without the service that failed, follows at once
        if (plan.Changes.IsEmpty)
        {
            await ConcernedOrDueAsync(seen, plan.Wake is { } wake && !(_faulty.Due < wake) ? wake : _faulty.Due, cancel).ConfigureAwait(false);
            return;
        }
        try
        {
            await store.CommitAsync(plan.Changes, term, cancel).ConfigureAwait(false);
            LogOutcome(seen, plan.Changes);
        }
        catch (SequenceConflictException)
        {
            Conflict(seen.Revision);
            await NewerOrDueAsync(seen.Revision, time.GetUtcNow() + ConflictPatience, cancel).ConfigureAwait(false);
        }
    }

    private SwarmPlan? TryPlan(Snapshot seen)
    {
        var now = time.GetUtcNow();
        var without = _faulty.At(seen, now);
        try
        {
            var plan = SwarmPlanner.Plan(seen, now, ids, without);
            foreach (var healed in _faulty.Planned(without)) PlannedAgain(NameOf(seen, healed));
            return plan;
        }
        catch (ServicePlanException failure)
        {
            s_faults.Add(1);
            if (_faulty.Note(seen, failure, now)) NotPlanned(failure.InnerException!, NameOf(seen, failure.ServiceId));
            return null;
        }
    }

    private static string NameOf(Snapshot seen, string serviceId) => seen.Services.Find(serviceId)?.Name() ?? serviceId;

    /// <summary>The managers' beats make a newer snapshot every second; nothing is planned from them.</summary>
    private async Task ConcernedOrDueAsync(Snapshot seen, DateTimeOffset? due, CancellationToken cancel)
    {
        var newest = seen;
        do
        {
            await NewerOrDueAsync(newest.Revision, due, cancel).ConfigureAwait(false);
            newest = store.Current;
        }
        while (IsSameToPlan(seen, newest) && !(due <= time.GetUtcNow()));
    }

    private static bool IsSameToPlan(Snapshot a, Snapshot b) =>
        ReferenceEquals(a.Tasks, b.Tasks)
        && ReferenceEquals(a.Services, b.Services)
        && ReferenceEquals(a.Nodes, b.Nodes)
        && ReferenceEquals(a.Networks, b.Networks)
        && ReferenceEquals(a.Attachments, b.Attachments)
        && ReferenceEquals(a.Cluster, b.Cluster)
        && a.Leader == b.Leader;

    private Task NewerOrDueAsync(ulong revision, DateTimeOffset? due, CancellationToken cancel) => due is { } at
        ? Sides.FirstAsync(cancel, over => store.WaitNewerAsync(revision, over), over => Task.Delay(Positive(at - time.GetUtcNow()), time, over))
        : store.WaitNewerAsync(revision, cancel);

    private async Task IdleAsync(TimeSpan span, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(span, time, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // RunAsync sees the token.
        }
    }

    /// <summary>Timers take at most 49 days; sooner is harmless, the plan is just made again.</summary>
    private static TimeSpan Positive(TimeSpan span) =>
        span <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : span > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : span;
}
