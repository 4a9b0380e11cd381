using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Drafts;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>Tasks held at READY run once their time has come and the task they replace has stopped.</summary>
internal static class DelayedStarts
{
    public static void Run(SwarmDraft draft, Slot slot)
    {
        foreach (var task in slot.Tasks)
        {
            if (task.Value.DesiredState >= TaskState.Running || task.Value.IsTerminal()) continue;
            if (StartTime(draft, slot, task) is var start && start > draft.Now) draft.WakeAt(start);
            else task.Edit().DesiredState = TaskState.Running;
        }
    }

    /// <summary>When its delay is over. One that is longer than it was to be began before the clock was set back, and begins anew.</summary>
    public static DateTimeOffset Due(SwarmDraft draft, Drafted<SwarmTask> task)
    {
        var due = task.Value.StartAt.AsTime();
        var latest = draft.Now + RestartRule.DelayOf(task.Value);
        if (due <= latest) return due;
        task.Edit().StartAt = latest.ToTimestamp();
        return latest;
    }

    private static DateTimeOffset StartTime(SwarmDraft draft, Slot slot, Drafted<SwarmTask> task)
    {
        var delayed = Due(draft, task);
        if (!slot.Tasks.Any(t => t != task && IsStopping(draft, t.Value))) return delayed;
        var patience = task.Value.CreatedAt() + Defaults.PredecessorStop;
        return patience > delayed ? patience : delayed;
    }

    private static bool IsStopping(SwarmDraft draft, SwarmTask task) =>
        !task.IsWanted() && task.IsOnNode() && draft.Node(task.NodeId) is { } node && !node.IsDown();
}
