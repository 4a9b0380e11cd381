using Skein.Manager.Drafts;
using Skein.Manager.Scheduling;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>
/// Moves running tasks of services that ask for it to nodes that have fewer of them: one at a time, with a pause between two, and only
/// while the service is as it should be. A move makes the branches of the placement preferences, or the nodes of one, more even by two at
/// least; so each brings the end nearer, and none is ever taken back.
/// </summary>
internal static class Rebalancer
{
    /// <summary>A node that has just come, or come back, may be gone again.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(10);

    /// <summary>A node on which a move failed is left alone for so long.</summary>
    public static readonly TimeSpan FailureMemory = TimeSpan.FromMinutes(10);

    /// <summary>Moves of all services onto one node at once: each may pull an image.</summary>
    private const int MostOntoNode = 2;

    public static void Run(SwarmDraft draft)
    {
        Dictionary<string, NodeLoad>? loads = null;
        foreach (var service in draft.ServicesInTurn().Select(s => s.Value))
        {
            if (service.Spec?.Replicated is null || Rebalance.PauseOf(service.Spec) is not { } pause || !Moves.IsAllowed(service)) continue;
            var slots = Slot.Of(draft, service).Values.Where(s => s.IsHeld).ToList();
            if (!IsAtRest(draft, service, slots)) continue;
            if (Step(draft, slots, loads ??= Scheduler.Loads(draft)) is not { } step) continue;
            var calmAt = step.Target.Node.Meta is { } meta ? Later(meta.CreatedAt.AsTime(), meta.UpdatedAt.AsTime()) + Calm : draft.Now;
            var due = Later(LastMove(draft, service) + pause, calmAt);
            if (due > draft.Now) draft.WakeAt(due);
            else Begin(draft, service, step);
        }
    }

    /// <summary>As many tasks as are wanted, all running and as the spec asks.</summary>
    private static bool IsAtRest(SwarmDraft draft, Service service, List<Slot> slots) =>
        (ulong)slots.Count == service.Spec.Replicated.Replicas
        && slots.TrueForAll(s => s.Wanted.ToList() is [var only] && only.Value.RunsHealthy() && !draft.IsDirty(service, only.Value));

    private static void Begin(SwarmDraft draft, Service service, Move step)
    {
        var task = TaskBirth.In(draft, service, step.Slot, startAt: null).Edit();
        task.NodeId = step.Target.Node.Id;
        task.MovedFrom = step.Source.Node.Id;
        task.Note = $"moved from {Moves.NameOf(draft, task.MovedFrom)} to {Moves.NameOf(draft, task.NodeId)}, which has fewer of the service's tasks";
    }

    private static Move? Step(SwarmDraft draft, List<Slot> slots, Dictionary<string, NodeLoad> loads)
    {
        if (slots.Count < 2) return null;
        var onNode = slots
            .GroupBy(s => s.Wanted.Single().Value.NodeId)
            .ToDictionary(g => g.Key, g => g.OrderBy(s => s.Number).ToList(), StringComparer.Ordinal);
        var sample = slots[0].Wanted.Single().Value;
        var demand = new Demand(sample);
        var branches = new Branches(
            loads.Values, n => onNode.TryGetValue(n.Node.Id, out var here) ? here.Count : 0, PlacementTree.LabelsOf(sample.Spec?.Placement));
        return branches.BestStep(
            source => onNode.ContainsKey(source.Node.Id) && !source.Node.IsDown() && !source.Node.IsPaused(),
            target => demand.Fits(target) && MovesOnto(draft, target.Node.Id) < MostOntoNode && !FailedOn(draft, sample.ServiceId, target.Node.Id)) is { } step
            ? new(onNode[step.Source.Node.Id][^1], step.Source, step.Target)
            : null;
    }

    private static int MovesOnto(SwarmDraft draft, string nodeId) =>
        draft.Tasks.Count(t => t.Value.MovedFrom.Length > 0 && t.Value.NodeId == nodeId && t.Value.IsWanted() && t.Value.State() < TaskState.Running);

    private static bool FailedOn(SwarmDraft draft, string serviceId, string nodeId)
    {
        var failed = draft.TasksOf(serviceId)
            .Where(t => t.Value.MovedFrom.Length > 0 && t.Value.NodeId == nodeId && t.Value.EndedByItself())
            .Select(t => t.Value.StateSince() + FailureMemory)
            .DefaultIfEmpty()
            .Max();
        if (failed > draft.Now) draft.WakeAt(failed);
        return failed > draft.Now;
    }

    private static DateTimeOffset LastMove(SwarmDraft draft, Service service) =>
        draft.TasksOf(service.Id)
            .Where(t => t.Value.MovedFrom.Length > 0)
            .Select(t => t.Value.CreatedAt())
            .DefaultIfEmpty(draft.Now - Rebalance.LongestPause)
            .Max();

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private sealed record Move(Slot Slot, NodeLoad Source, NodeLoad Target);
}
