using Skein.Manager.Drafts;
using Skein.Manager.Scheduling;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>One task on every node that the job may run on, and that was there when it was run.</summary>
internal static class GlobalJobTasks
{
    public static void Run(SwarmDraft draft, Service service)
    {
        var slots = JobRun.Begin(draft, service);
        var constraints = Constraint.Parse(service.Spec.Task?.Placement);
        foreach (var node in draft.Nodes.Select(n => n.Value))
        {
            slots.Remove((0, node.Id), out var slot);
            slot ??= new(0, node.Id);
            if (slot.IsDone()) continue;
            Recall.Run(draft, service, slot, constraints);
            if (node.IsDown() || node.IsDrained() || !Constraint.AllMatch(constraints, node)) GlobalServiceTasks.GiveUp(draft, slot, constraints);
            else if (!node.IsPaused()) GlobalServiceTasks.Keep(draft, service, slot, mayBegin: IsOfThisRun(service, node));
            DelayedStarts.Run(draft, slot);
        }
        // What is left stands on nodes that are no more.
        foreach (var slot in slots.Values) slot.Remove();
    }

    /// <summary>One whose task was given up with it begins again when it is back.</summary>
    private static bool IsOfThisRun(Service service, Node node) => (node.Meta?.CreatedVersion ?? 0) <= service.JobStatus.SinceVersion;
}
