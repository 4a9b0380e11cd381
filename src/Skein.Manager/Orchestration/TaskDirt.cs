using Skein.Manager.Drafts;
using Skein.Manager.Scheduling;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>Whether a task is still what its service asks for.</summary>
public static class TaskDirt
{
    /// <summary>
    /// A newer spec alone does not make a task dirty: scaling or a label changes no container. Nor do other credentials, which
    /// only the next pull is asked for, or a changed placement that the task's node satisfies.
    /// </summary>
    /// <param name="node">The task's; null when it has none, or one that is no more.</param>
    public static bool IsDirty(Service service, SwarmTask task, Node? node)
    {
        if (task.SpecVersion == service.SpecVersion) return false;
        if (!ServiceMeaning.Same(task.Endpoint?.Spec, service.Spec.Endpoint)) return true;
        var wanted = service.Spec.Task?.Clone() ?? new();
        if (wanted.Container is { } container) container.RegistryAuth = task.Spec.Container?.RegistryAuth;
        if (ServiceMeaning.Same(wanted, task.Spec)) return false;
        return !(DiffersInPlacementOnly(wanted, task.Spec) && Fits(wanted, node));
    }

    internal static bool IsDirty(this SwarmDraft draft, Service service, SwarmTask task) => IsDirty(service, task, draft.Node(task.NodeId));

    private static bool DiffersInPlacementOnly(TaskSpec wanted, TaskSpec has)
    {
        var same = has.Clone();
        same.Placement = wanted.Placement;
        return ServiceMeaning.Same(same, wanted);
    }

    private static bool Fits(TaskSpec wanted, Node? node) =>
        node is not null && Constraint.AllMatch(Constraint.Parse(wanted.Placement), node);
}
