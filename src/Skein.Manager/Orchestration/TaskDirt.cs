using Skein.Manager.Drafts;
using Skein.Manager.Scheduling;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>Whether a task is still what its service asks for.</summary>
public static class TaskDirt
{
    /// <summary>Not when only the placement has changed, and the task's node satisfies it.</summary>
    /// <param name="node">The task's; null when it has none, or one that is no more.</param>
    public static bool IsDirty(Service service, SwarmTask task, Node? node) =>
        TaskMeaning.Differs(service, task) || (TaskMeaning.DiffersInPlacement(service, task) && !Fits(service, node));

    internal static bool IsDirty(this SwarmDraft draft, Service service, SwarmTask task) => IsDirty(service, task, draft.Node(task.NodeId));

    private static bool Fits(Service service, Node? node) =>
        node is not null && Constraint.AllMatch(Constraint.Parse(service.Spec.Task?.Placement), node);
}
