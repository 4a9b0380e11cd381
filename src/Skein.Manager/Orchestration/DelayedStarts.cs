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
            if (StartTime(draft, slot, task.Value) is var start && start > draft.Now) draft.WakeAt(start);
            else task.Edit().DesiredState = TaskState.Running;
        }
    }

    private static DateTimeOffset StartTime(SwarmDraft draft, Slot slot, SwarmTask task)
    {
        var delayed = task.StartAt.AsTime();
        if (!slot.Tasks.Any(t => t.Value.Id != task.Id && IsStopping(draft, t.Value))) return delayed;
        var patience = task.CreatedAt() + Defaults.PredecessorStop;
        return patience > delayed ? patience : delayed;
    }

    private static bool IsStopping(SwarmDraft draft, SwarmTask task) =>
        !task.IsWanted() && task.IsOnNode() && draft.Node(task.NodeId) is { } node && !node.IsDown();
}
