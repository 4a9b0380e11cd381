using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Logs;

/// <summary>Whose lines are wanted: all tasks of a service, also those to come and those that ended, or one task.</summary>
public sealed record LogSelection(string ServiceId, string TaskId = "")
{
    public static LogSelection Task(SwarmTask task) => new(task.ServiceId, task.Id);

    /// <summary>Those that have had a container; one that never had has no lines.</summary>
    internal IEnumerable<SwarmTask> In(Snapshot snapshot)
    {
        var chosen = TaskId.Length == 0 ? snapshot.TasksOfService(ServiceId) : snapshot.Tasks.Find(TaskId) is { } task ? [task] : [];
        return chosen.Where(t => t.NodeId.Length > 0 && t.Status?.Container is { ContainerId.Length: > 0 });
    }

    /// <summary>Whether tasks may come that are not there yet.</summary>
    internal bool IsOpen(Snapshot snapshot, IReadOnlySet<string> begun) =>
        TaskId.Length == 0 ? snapshot.Services.Find(ServiceId) is not null : snapshot.Tasks.Find(TaskId) is not null && !begun.Contains(TaskId);
}
