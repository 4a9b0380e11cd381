using Skein.Manager.Drafts;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>
/// Forgets tasks: those to be removed once their node has let go of them, and of each slot all but the last few. Runs after
/// scheduling, which looks at the failures that are about to be forgotten.
/// </summary>
internal static class TaskReaper
{
    public static void Run(SwarmDraft draft)
    {
        foreach (var task in draft.Tasks)
        {
            if (task.Value.DesiredState == TaskState.Remove && !task.Value.IsOnNode()) task.Delete();
        }
        foreach (var service in draft.ServicesInTurn())
        {
            var keep = HistoryOf(draft, service.Value);
            if (keep < 0 || draft.TasksOf(service.Value.Id).Count <= keep) continue;
            foreach (var slot in Slot.Of(draft, service.Value).Values) Trim(slot, keep);
        }
    }

    /// <summary>Tasks to keep in a slot, the running one included; attempts are counted from them.</summary>
    private static long HistoryOf(SwarmDraft draft, Service service) =>
        service.Spec?.Task?.Restart?.MaxAttempts is > 0 and var attempts
            ? (long)attempts + 1
            : draft.Cluster?.Spec?.Orchestration?.TaskHistoryRetentionLimit ?? ClusterDefaults.TaskHistory;

    private static void Trim(Slot slot, long keep)
    {
        var excess = slot.Tasks.Count - keep;
        // The newest stays, even dead: it says why the slot is as it is, and whether it may be filled again.
        foreach (var task in slot.Tasks.SkipLast(1))
        {
            if (excess <= 0) return;
            if (!task.Value.IsTerminal()) continue;
            task.Delete();
            excess--;
        }
    }
}
