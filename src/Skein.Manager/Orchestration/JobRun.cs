using Skein.Manager.Drafts;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>The tasks of a job's present run, by slot. Those of earlier runs are history, or are taken away while they live.</summary>
internal static class JobRun
{
    public static Dictionary<(ulong Number, string NodeId), Slot> Begin(SwarmDraft draft, Service service)
    {
        var slots = new Dictionary<(ulong, string), Slot>();
        foreach (var (key, all) in Slot.Of(draft, service))
        {
            var slot = slots[key] = new(all.Number, all.NodeId);
            foreach (var task in all.Tasks)
            {
                if (task.Value.JobIteration == service.JobStatus.Iteration) slot.Tasks.Add(task);
                else if (!task.Value.IsTerminal()) task.Edit().DesiredState = TaskState.Remove;
            }
        }
        return slots;
    }

    public static bool IsDone(this Slot slot) => slot.Tasks.Exists(task => task.Value.State() == TaskState.Complete);

    /// <summary>Somebody works on it, or will.</summary>
    public static bool IsBusy(this Slot slot) => !slot.IsDone() && slot.Wanted.Any();
}
