using Skein.Manager.Drafts;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Scheduling;

/// <summary>The third stage: a node for each task that has its addresses, or the reason why none will do.</summary>
internal static class Scheduler
{
    private static readonly TimeSpan FailureMemory = TimeSpan.FromMinutes(5);

    public static void Run(SwarmDraft draft)
    {
        var pending = draft.Tasks.Where(t => !t.IsDeleted && t.Value.State() == TaskState.Pending && t.Value.IsWanted()).ToList();
        if (pending.Count == 0) return;
        var loads = Loads(draft);
        // Tasks of global services first: they can go nowhere else.
        foreach (var task in draft.InTurn(pending.Where(t => t.Value.NodeId.Length > 0), t => t.Value.ServiceId)) Confirm(draft, task, loads);
        var groups = pending.Where(t => t.Value.NodeId.Length == 0).GroupBy(t => (t.Value.ServiceId, t.Value.SpecVersion));
        foreach (var group in draft.InTurn(groups, g => g.Key.ServiceId)) Place(draft, [.. group], loads.Values);
    }

    public static Dictionary<string, NodeLoad> Loads(SwarmDraft draft)
    {
        var loads = draft.Nodes.ToDictionary(n => n.Value.Id, n => new NodeLoad(n.Value), StringComparer.Ordinal);
        foreach (var task in draft.Tasks)
        {
            if (!loads.TryGetValue(task.Value.NodeId, out var load)) continue;
            if (task.Value.IsOnNode()) load.Add(task.Value);
            else if (IsRecentFailure(draft, task.Value)) load.AddFailure(task.Value);
        }
        return loads;
    }

    private static bool IsRecentFailure(SwarmDraft draft, SwarmTask task) =>
        task.State() is TaskState.Failed or TaskState.Rejected && draft.Now - task.StateSince() <= FailureMemory;

    private static void Confirm(SwarmDraft draft, Drafted<SwarmTask> task, Dictionary<string, NodeLoad> loads)
    {
        if (!loads.TryGetValue(task.Value.NodeId, out var load)) return;
        if (new Demand(task.Value).Refusal([load]) is { } refusal)
        {
            Explain(draft, task, refusal);
            return;
        }
        load.Add(task.Value);
        Assign(draft, task, load, "scheduler confirmed task can run on preassigned node");
    }

    private static void Place(SwarmDraft draft, List<Drafted<SwarmTask>> group, IReadOnlyCollection<NodeLoad> loads)
    {
        var demand = new Demand(group[0].Value);
        var tree = new PlacementTree(loads, demand);
        string? refusal = null;
        foreach (var task in group)
        {
            if (tree.Place(task.Value, demand) is { } node)
            {
                Assign(draft, task, node, "scheduler assigned task to node");
                continue;
            }
            // What is full for one is full for all after it.
            refusal ??= demand.Refusal(loads) ?? "";
            Explain(draft, task, refusal.Length == 0 ? "no suitable node" : $"no suitable node ({refusal})");
        }
    }

    /// <param name="load">The task is among it already, but for what it is given here.</param>
    private static void Assign(SwarmDraft draft, Drafted<SwarmTask> task, NodeLoad load, string message)
    {
        var edited = task.Edit();
        edited.NodeId = load.Node.Id;
        edited.Annotations.Name = edited.FullName();
        if (edited.Spec?.Resources?.Reservations is { Generic.Count: > 0 } reserved) edited.GenericResources.Add(load.FreeGeneric.Claim(reserved.Generic));
        edited.Status = new() { State = TaskState.Assigned, Timestamp = draft.Stamp, Message = message, AppliedAt = draft.Stamp };
    }

    private static void Explain(SwarmDraft draft, Drafted<SwarmTask> task, string why)
    {
        if (task.Value.Status.Err == why) return;
        var status = task.Edit().Status;
        status.Err = why;
        status.Timestamp = draft.Stamp;
    }
}
