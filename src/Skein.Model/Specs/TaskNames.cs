namespace Skein.Model.Specs;

public static class TaskNames
{
    /// <summary>
    /// Docker's: service.slot.id, with the node in the place of a slot that is 0, as a global service's tasks and a replicated job's first have it.
    /// </summary>
    public static string FullName(this SwarmTask task) =>
        $"{task.ServiceAnnotations?.Name}.{(task.Slot > 0 ? $"{task.Slot}" : task.NodeId)}.{task.Id}";
}
