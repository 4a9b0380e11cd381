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
            else if (!node.IsPaused()) Keep(draft, service, slot, node);
            DelayedStarts.Run(draft, slot);
        }
        // What is left stands on nodes that are no more.
        foreach (var slot in slots.Values) slot.Remove();
    }

    private static void Keep(SwarmDraft draft, Service service, Slot slot, Node node)
    {
        foreach (var task in slot.Wanted.Where(t => t.Value.IsTerminal()).ToList())
            RestartRule.Replace(draft, service, slot, task, nodeLost: false);
        var isOfThisRun = (node.Meta?.CreatedVersion ?? 0) <= service.JobStatus.SinceVersion;
        // One that was given up with its node begins again when the node is back.
        if (isOfThisRun && !slot.IsHeld) TaskBirth.In(draft, service, slot, startAt: null);
    }
}
