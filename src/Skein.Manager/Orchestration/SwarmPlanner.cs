using Skein.Manager.Drafts;
using Skein.Manager.Allocation;
using Skein.Manager.Scheduling;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>The stages in their order, as one pure function. On a swarm that is as it should be it plans nothing.</summary>
internal static class SwarmPlanner
{
    /// <param name="without">Ids of services that are left as they are; what they hold stays theirs.</param>
    /// <exception cref="ServicePlanException">A service stands in the way, and a plan without it may be made.</exception>
    public static SwarmPlan Plan(Snapshot stored, DateTimeOffset now, IIdSource ids, IReadOnlySet<string>? without = null)
    {
        var draft = new SwarmDraft(stored, now, ids, without);
        try
        {
            RunStages(draft);
        }
        catch (Exception cause) when (draft.Turn.Length > 0)
        {
            throw new ServicePlanException(draft.Turn, cause);
        }
        var changes = draft.ToChanges();
        if (draft.GivesOut && !changes.IsEmpty) AllocationFence.Raise(stored, changes);
        return new(changes, draft.Wake);
    }

    private static void RunStages(SwarmDraft draft)
    {
        LostAttachments.Run(draft);
        Orchestrator.Run(draft);
        Rebalancer.Run(draft);
        Allocator.Run(draft);
        Scheduler.Run(draft);
        TaskReaper.Run(draft);
    }
}
