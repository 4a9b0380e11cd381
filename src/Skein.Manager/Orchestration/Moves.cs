using Skein.Manager.Drafts;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>
/// Tasks that are being moved to another node: the new one starts first, and the old one stops when it runs. A slot in a move has two
/// wanted tasks, as in an update that starts first. An update goes before: the move is given up.
/// </summary>
internal static class Moves
{
    /// <summary>What has gone wrong is given up, and the old task goes on; to be called before tasks are restarted.</summary>
    public static void GiveUpFailed(SwarmDraft draft, Service service, Slot slot)
    {
        if (Of(slot) is not { } move) return;
        var allowed = IsAllowed(service) && !slot.Wanted.Any(t => draft.IsDirty(service, t.Value));
        if (allowed && !IsLost(draft, move.Value) && !IsStuck(draft, move.Value)) return;
        slot.Shutdown(move);
        move.Edit().Note = $"move from {NameOf(draft, move.Value.MovedFrom)} given up";
    }

    /// <summary>Ends the moves that have come to their end, and gives back the slots that are in one still.</summary>
    public static List<Slot> Tend(SwarmDraft draft, IReadOnlyList<Slot> slots)
    {
        var moving = new List<Slot>();
        foreach (var slot in slots)
        {
            if (Of(slot) is not { } move) continue;
            moving.Add(slot);
            if (!move.Value.RunsHealthy()) continue;
            foreach (var old in slot.Wanted.Where(t => t != move).ToList())
            {
                slot.Shutdown(old);
                old.Edit().Note = $"moved to {NameOf(draft, move.Value.NodeId)} to even out the service's tasks ({Rebalance.Label})";
            }
        }
        return moving;
    }

    public static bool IsAllowed(Service service) =>
        Rebalance.PauseOf(service.Spec) is not null
        && service.UpdateStatus?.State is null or UpdateState.None or UpdateState.Completed or UpdateState.RollbackCompleted;

    /// <summary>The task that is to take the slot over; null while none is.</summary>
    public static Drafted<SwarmTask>? Of(Slot slot) =>
        slot.Wanted.LastOrDefault() is { Value.MovedFrom.Length: > 0 } last && slot.Wanted.Any(t => t != last) ? last : null;

    private static bool IsLost(SwarmDraft draft, SwarmTask task) =>
        task.IsTerminal() || draft.Node(task.NodeId) is not { } node || node.IsDown() || node.IsDrained();

    /// <summary>Another task has taken its place there meanwhile.</summary>
    private static bool IsStuck(SwarmDraft draft, SwarmTask task)
    {
        if (task.State() != TaskState.Pending || task.Status.Err.Length == 0) return false;
        var due = task.CreatedAt() + Defaults.PlaceBeside;
        if (due > draft.Now) draft.WakeAt(due);
        return due <= draft.Now;
    }

    public static string NameOf(SwarmDraft draft, string nodeId) => draft.Node(nodeId)?.Description?.Hostname is { Length: > 0 } name ? name : nodeId;
}
