using Skein.Manager.Drafts;
using Skein.Manager.Allocation;
using Skein.Manager.Scheduling;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>The stages in their order, as one pure function. On a swarm that is as it should be it plans nothing.</summary>
internal static class SwarmPlanner
{
    public static SwarmPlan Plan(Snapshot stored, DateTimeOffset now, IIdSource ids)
    {
        var draft = new SwarmDraft(stored, now, ids);
        Orchestrator.Run(draft);
        Rebalancer.Run(draft);
        Allocator.Run(draft);
        Scheduler.Run(draft);
        TaskReaper.Run(draft);
        var changes = draft.ToChanges();
        if (draft.GivesOut && !changes.IsEmpty) AllocationFence.Raise(stored, changes);
        return new(changes, draft.Wake);
    }
}
