using Skein.Manager.Drafts;
using Skein.Manager.Scheduling;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>As many slots as replicas, each held by one task.</summary>
internal static class ReplicatedServiceTasks
{
    public static void Run(SwarmDraft draft, Drafted<Service> drafted)
    {
        var service = drafted.Value;
        var slots = Slot.Of(draft, service);
        var constraints = Constraint.Parse(service.Spec.Task?.Placement);
        foreach (var slot in slots.Values)
        {
            Recall.Run(draft, service, slot, constraints);
            Moves.GiveUpFailed(draft, service, slot);
            Restart(draft, service, slot, constraints);
        }

        var held = slots.Values.Where(s => s.IsHeld).OrderBy(s => s.Number).ToList();
        var wanted = service.Spec.Replicated.Replicas;
        if ((ulong)held.Count < wanted) Fill(draft, service, slots, held, wanted);
        else if ((ulong)held.Count > wanted) held = Shrink(held, (int)wanted);
        foreach (var slot in slots.Values.Except(held)) slot.Remove();

        RollingUpdate.Run(draft, drafted, [.. held.Except(Moves.Tend(draft, held))]);
        foreach (var slot in held) DelayedStarts.Run(draft, slot);
    }

    internal static void Restart(SwarmDraft draft, Service service, Slot slot, IReadOnlyList<Constraint> constraints)
    {
        foreach (var task in slot.Wanted.ToList())
        {
            var nodeLost = LostNode(draft, task.Value, constraints);
            if (nodeLost || task.Value.IsTerminal()) RestartRule.Replace(draft, service, slot, task, nodeLost);
            if (nodeLost) Recall.Allow(draft, slot, task, constraints);
        }
    }

    /// <summary>Its node is gone, down or drained, or no longer one the service may run on.</summary>
    private static bool LostNode(SwarmDraft draft, SwarmTask task, IReadOnlyList<Constraint> constraints)
    {
        if (task.NodeId.Length == 0 || task.EndedByItself()) return false;
        return draft.Node(task.NodeId) is not { } node || node.IsDown() || node.IsDrained() || !Constraint.AllMatch(constraints, node);
    }

    /// <summary>The lowest numbers that nobody holds.</summary>
    private static void Fill(
        SwarmDraft draft, Service service, Dictionary<(ulong, string), Slot> slots, List<Slot> held, ulong wanted)
    {
        var taken = held.Select(s => s.Number).ToHashSet();
        var enough = Math.Min(wanted, (ulong)(held.Count + SwarmDraft.BatchSize));
        for (ulong number = 1; (ulong)held.Count < enough; number++)
        {
            if (taken.Contains(number)) continue;
            if (!slots.TryGetValue((number, ""), out var slot)) slots[(number, "")] = slot = new(number, "");
            TaskBirth.In(draft, service, slot, startAt: null);
            held.Add(slot);
        }
    }

    /// <summary>
    /// Those that go first: without a node of their own, then the n-th on a node before the (n-1)-th of any, so that what stays is
    /// spread; among equals those not running, then the highest numbers.
    /// </summary>
    private static List<Slot> Shrink(List<Slot> held, int wanted)
    {
        var onNode = new Dictionary<string, int>(StringComparer.Ordinal);
        return held
            .OrderBy(s => s.Wanted.Any(t => t.Value.State() == TaskState.Running) ? 0 : 1)
            .ThenBy(s => s.Number)
            .Select(s => (Slot: s, Index: IndexOnNode(s, onNode)))
            .OrderBy(s => s.Index)
            .Take(wanted)
            .Select(s => s.Slot)
            .OrderBy(s => s.Number)
            .ToList();
    }

    private static int IndexOnNode(Slot slot, Dictionary<string, int> onNode)
    {
        var tasks = slot.Wanted.ToList();
        if (tasks.Count != 1 || tasks[0].Value.NodeId is not { Length: > 0 } node) return int.MaxValue;
        return onNode[node] = onNode.GetValueOrDefault(node) + 1;
    }
}
