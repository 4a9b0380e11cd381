using Skein.Manager.Drafts;
using Skein.Manager.Scheduling;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>
/// A node that was taken for dead keeps its tasks if it is back before others run in their place: these are withdrawn. From the moment
/// another runs, the task is given up for good, as every task of a dead node was before: two are at no time balanced to.
/// </summary>
internal static class Recall
{
    /// <summary>A task that has just been told to stop since its node is down, and for no other reason.</summary>
    public static void Allow(SwarmDraft draft, Slot slot, Drafted<SwarmTask> task, IReadOnlyList<Constraint> constraints)
    {
        if (task.Value.State() == TaskState.Running
            && draft.Node(task.Value.NodeId) is { } node && node.IsDown() && MayKeep(node, constraints)
            && !IsReplaced(draft, slot, task)) task.Edit().Recall = TaskRecall.Open;
    }

    public static void Run(SwarmDraft draft, Service service, Slot slot, IReadOnlyList<Constraint> constraints)
    {
        // Of two that are back the one that ran last.
        foreach (var task in slot.Tasks.Where(t => t.Value.Recall == TaskRecall.Open).Reverse().ToList())
        {
            var node = draft.Node(task.Value.NodeId);
            if (node is null || !MayKeep(node, constraints) || !IsAlive(task.Value) || draft.IsDirty(service, task.Value) || IsReplaced(draft, slot, task))
                task.Edit().Recall = TaskRecall.None;
            else if (!node.IsDown()) Take(slot, task);
        }
    }

    private static void Take(Slot slot, Drafted<SwarmTask> task)
    {
        foreach (var other in slot.Wanted.ToList()) slot.Shutdown(other);
        var taken = task.Edit();
        taken.DesiredState = TaskState.Running;
        taken.Recall = TaskRecall.Done;
    }

    private static bool IsAlive(SwarmTask task) => task.DesiredState == TaskState.Shutdown && task.State() == TaskState.Running;

    private static bool MayKeep(Node node, IReadOnlyList<Constraint> constraints) => !node.IsDrained() && Constraint.AllMatch(constraints, node);

    private static bool IsReplaced(SwarmDraft draft, Slot slot, Drafted<SwarmTask> task) => slot.Wanted.Any(other =>
        other != task && other.Value.State() == TaskState.Running && draft.Node(other.Value.NodeId) is { } node && !node.IsDown());
}
