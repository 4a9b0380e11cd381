using Skein.Manager.Drafts;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>A new task of a service, as the spec stands now.</summary>
internal static class TaskBirth
{
    /// <param name="startAt">Null: run as soon as ready. Else it is prepared at once and held at READY until then.</param>
    public static Drafted<SwarmTask> In(SwarmDraft draft, Service service, Slot slot, DateTimeOffset? startAt)
    {
        var id = draft.NewId();
        var task = new SwarmTask
        {
            Id = id,
            ServiceId = service.Id,
            Slot = slot.Number,
            NodeId = slot.NodeId,
            Spec = service.Spec.Task?.Clone() ?? new(),
            SpecVersion = service.SpecVersion,
            Annotations = new(),
            ServiceAnnotations = service.Spec.Annotations?.Clone() ?? new(),
            Endpoint = new() { Spec = service.Spec.Endpoint?.Clone() ?? new() },
            Status = new() { State = TaskState.New, Timestamp = draft.Stamp, Message = "created" },
            LogDriver = service.Spec.Task?.LogDriver is null ? draft.Cluster?.Spec?.LogDriver : null,
            JobIteration = service.Spec.IsJob() ? service.JobStatus.Iteration : null,
        };
        task.Annotations.Name = task.FullName();
        task.DesiredState = startAt is null ? task.Goal() : TaskState.Ready;
        if (startAt is { } time) task.StartAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(time);
        var drafted = draft.Add(task);
        slot.Tasks.Add(drafted);
        return drafted;
    }
}
