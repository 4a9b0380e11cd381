using Skein.Manager.Drafts;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>A place of a service and all tasks that held it: a number of a replicated service, a node of a global one.</summary>
/// <param name="number">0 for a global service.</param>
/// <param name="nodeId">Empty for a replicated service.</param>
internal sealed class Slot(ulong number, string nodeId)
{
    public ulong Number { get; } = number;

    public string NodeId { get; } = nodeId;

    /// <summary>Oldest first.</summary>
    public List<Drafted<SwarmTask>> Tasks { get; } = [];

    public IEnumerable<Drafted<SwarmTask>> Wanted => Tasks.Where(t => t.Value.IsWanted());

    public SwarmTask? Newest => Tasks.Count == 0 ? null : Tasks[^1].Value;

    /// <summary>Held by a task that is wanted, or by one that ended and by its restart policy stays so.</summary>
    public bool IsHeld => Newest is { } newest && (Wanted.Any() || !RestartRule.Allows(this, newest));

    /// <summary>Those of a service, by slot. Tasks on their way out hold none.</summary>
    public static Dictionary<(ulong Number, string NodeId), Slot> Of(SwarmDraft draft, Service service)
    {
        var isGlobal = service.Spec.IsByNode();
        var slots = new Dictionary<(ulong, string), Slot>();
        foreach (var task in draft.TasksOf(service.Id))
        {
            if (task.IsDeleted || task.Value.DesiredState >= TaskState.Remove) continue;
            var key = isGlobal ? (0ul, task.Value.NodeId) : (task.Value.Slot, "");
            if (!slots.TryGetValue(key, out var slot)) slots[key] = slot = new Slot(key.Item1, key.Item2);
            slot.Tasks.Add(task);
        }
        return slots;
    }

    public void Shutdown(Drafted<SwarmTask> task) => Tell(task, TaskState.Shutdown);

    public void Remove()
    {
        foreach (var task in Tasks) Tell(task, TaskState.Remove);
    }

    private static void Tell(Drafted<SwarmTask> task, TaskState desired)
    {
        if (task.Value.DesiredState < desired) task.Edit().DesiredState = desired;
    }
}
