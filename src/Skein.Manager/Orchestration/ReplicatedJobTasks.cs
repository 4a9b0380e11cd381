using Skein.Manager.Drafts;
using Skein.Manager.Scheduling;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>
/// A slot for each completion that is asked for, numbered from 0 as in Docker: when the job is done, each has one task that came to its
/// end. One whose task failed as often as its restart policy allows stays as it is, and the job goes on with the others.
/// </summary>
internal static class ReplicatedJobTasks
{
    public static void Run(SwarmDraft draft, Service service)
    {
        var slots = JobRun.Begin(draft, service);
        var constraints = Constraint.Parse(service.Spec.Task?.Placement);
        foreach (var slot in slots.Values.Where(slot => !slot.IsDone()))
        {
            Recall.Run(draft, service, slot, constraints);
            ReplicatedServiceTasks.Restart(draft, service, slot, constraints);
        }
        Fill(draft, service, slots);
        foreach (var slot in slots.Values) DelayedStarts.Run(draft, slot);
    }

    private static void Fill(SwarmDraft draft, Service service, Dictionary<(ulong Number, string NodeId), Slot> slots)
    {
        var job = service.Spec.ReplicatedJob;
        var busy = (ulong)slots.Values.Count(slot => slot.IsBusy());
        var most = Math.Min(job.MaxConcurrent, busy + SwarmDraft.BatchSize);
        for (ulong number = 0; number < job.TotalCompletions && busy < most; number++)
        {
            if (slots.TryGetValue((number, ""), out var slot) && slot.Tasks.Count > 0) continue;
            slot ??= slots[(number, "")] = new(number, "");
            TaskBirth.In(draft, service, slot, startAt: null);
            busy++;
        }
    }
}
