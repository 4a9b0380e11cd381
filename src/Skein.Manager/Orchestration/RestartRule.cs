using Skein.Manager.Drafts;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>The restart policy. How often a slot was restarted is counted from its tasks in the store, so it survives the leader.</summary>
internal static class RestartRule
{
    /// <summary>Whether a task that ended, or lost its node, is to be replaced.</summary>
    public static bool Allows(Slot slot, SwarmTask task)
    {
        var policy = task.Spec?.Restart;
        switch (policy?.Condition ?? RestartCondition.Any)
        {
            case RestartCondition.None: return false;
            case RestartCondition.OnFailure when task.State() == TaskState.Complete: return false;
        }
        var most = policy?.MaxAttempts ?? 0;
        return most == 0 || RestartsBefore(slot, task, policy!.Window) < most;
    }

    public static TimeSpan DelayOf(SwarmTask task) => task.Spec?.Restart?.Delay?.Nanoseconds() ?? Defaults.RestartDelay;

    /// <summary>
    /// Ends a task that failed or lost its node, and has another in its place where the policy allows. The other is prepared
    /// while the delay passes. A node's failure is not the task's: then there is no delay.
    /// </summary>
    public static void Replace(SwarmDraft draft, Service service, Slot slot, Drafted<SwarmTask> task, bool nodeLost)
    {
        var startAt = draft.Now;
        // Its node is back, but restarted: this is found out only after it was taken back.
        nodeLost |= task.Value.Recall == TaskRecall.Done;
        if (!nodeLost)
        {
            // Failed before its own delay was over (an image that does not exist): no tighter loop than the delay asks for.
            if (task.Value.DesiredState < TaskState.Running && DelayedStarts.Due(draft, task) is var earlier && earlier > draft.Now)
            {
                draft.WakeAt(earlier);
                return;
            }
            startAt += DelayOf(task.Value);
        }
        else if (task.Value.DesiredState < TaskState.Running && DelayedStarts.Due(draft, task) is var due && due > startAt)
        {
            startAt = due;
        }
        slot.Shutdown(task);
        // Another wanted task is there already while an update starts first: that one is kept.
        if (Allows(slot, task.Value) && !HasSuccessor(slot, task.Value)) TaskBirth.In(draft, service, slot, startAt);
    }

    private static bool HasSuccessor(Slot slot, SwarmTask task)
    {
        var at = slot.Tasks.FindIndex(t => t.Value.Id == task.Id);
        return slot.Tasks.Skip(at + 1).Any(t => t.Value.IsWanted());
    }

    /// <summary>The first task of a slot under one version of the spec is no restart, every later one is.</summary>
    private static ulong RestartsBefore(Slot slot, SwarmTask task, long? window)
    {
        var after = window is > 0 ? task.StateSince() - window.Value.Nanoseconds() : DateTimeOffset.MinValue;
        return (ulong)slot.Tasks
            .Where(t => t.Value.SpecVersion == task.SpecVersion)
            .Skip(1)
            .Count(t => t.Value.CreatedAt() > after && t.Value.MovedFrom.Length == 0);
    }
}
