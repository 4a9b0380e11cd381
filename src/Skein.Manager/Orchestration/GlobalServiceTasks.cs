using Skein.Manager.Drafts;
using Skein.Manager.Scheduling;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>One task on every node that the service may run on.</summary>
internal static class GlobalServiceTasks
{
    public static void Run(SwarmDraft draft, Drafted<Service> drafted)
    {
        var service = drafted.Value;
        var slots = Slot.Of(draft, service);
        var constraints = Constraint.Parse(service.Spec.Task?.Placement);
        var updatable = new List<Slot>();
        foreach (var node in draft.Nodes.Select(n => n.Value))
        {
            slots.Remove((0, node.Id), out var slot);
            slot ??= new(0, node.Id);
            Recall.Run(draft, service, slot, constraints);
            if (node.IsDown() || node.IsDrained() || !Constraint.AllMatch(constraints, node)) GiveUp(draft, slot, constraints);
            else if (node.IsPaused()) EndEnded(slot);
            else
            {
                Keep(draft, service, slot, mayBegin: true);
                updatable.Add(slot);
            }
        }
        // What is left stands on nodes that are no more.
        foreach (var slot in slots.Values) slot.Remove();

        RollingUpdate.Run(draft, drafted, updatable);
        foreach (var slot in updatable) DelayedStarts.Run(draft, slot);
    }

    /// <param name="mayBegin">When nothing holds the slot.</param>
    internal static void Keep(SwarmDraft draft, Service service, Slot slot, bool mayBegin)
    {
        foreach (var task in slot.Wanted.Where(t => t.Value.IsTerminal()).ToList())
            RestartRule.Replace(draft, service, slot, task, nodeLost: false);
        if (mayBegin && !slot.IsHeld) TaskBirth.In(draft, service, slot, startAt: null);
    }

    internal static void GiveUp(SwarmDraft draft, Slot slot, IReadOnlyList<Constraint> constraints)
    {
        foreach (var task in slot.Wanted.ToList())
        {
            slot.Shutdown(task);
            Recall.Allow(draft, slot, task, constraints);
        }
    }

    private static void EndEnded(Slot slot)
    {
        foreach (var task in slot.Wanted.Where(t => t.Value.IsTerminal()).ToList()) slot.Shutdown(task);
    }
}
