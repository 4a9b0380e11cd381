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
            if (Due(draft, task) is var due && due > draft.Now) draft.WakeAt(due);
            else if (slot.Tasks.FirstOrDefault(t => t != task && IsStopping(draft, t.Value)) is { } predecessor) Wait(draft, task, predecessor.Value);
            else task.Edit().DesiredState = task.Value.Goal();
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

    /// <summary>
    /// However long: two tasks of one slot must not live at once, they may share a volume. A node that is down is waited for no more; one
    /// that is up kills a container after its grace period, and goes on trying.
    /// </summary>
    private static void Wait(SwarmDraft draft, Drafted<SwarmTask> task, SwarmTask predecessor)
    {
        var why = $"waiting for task {predecessor.Id} on node {predecessor.NodeId} to stop";
        var told = task.Value.CreatedAt() + Defaults.PredecessorStop;
        if (told > draft.Now) draft.WakeAt(told);
        else if (task.Value.Status.Err != why) task.Edit().Status.Err = why;
    }

    private static bool IsStopping(SwarmDraft draft, SwarmTask task) =>
        !task.IsWanted() && task.IsOnNode() && draft.Node(task.NodeId) is { } node && !node.IsDown();
}
