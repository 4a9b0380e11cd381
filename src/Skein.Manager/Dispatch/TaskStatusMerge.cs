using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>What nodes' reports make of the stored tasks.</summary>
internal static class TaskStatusMerge
{
    /// <summary>A report on a task that is gone, another node's, or already further needs no write: it counts as stored.</summary>
    public static Changes Apply(Snapshot snapshot, IEnumerable<NodeTaskStatus> reports, DateTimeOffset now)
    {
        var changed = new Dictionary<string, SwarmTask>(StringComparer.Ordinal);
        foreach (var report in reports)
        {
            var task = changed.GetValueOrDefault(report.TaskId) ?? snapshot.Tasks.Find(report.TaskId);
            if (task is null || task.NodeId != report.NodeId || !report.Status.Supersedes(task.Status)) continue;
            changed[task.Id] = WithStatus(task, report, now);
        }
        var changes = new Changes();
        foreach (var task in changed.Values) changes.Put(task);
        return changes;
    }

    private static SwarmTask WithStatus(SwarmTask task, NodeTaskStatus report, DateTimeOffset now)
    {
        var next = task.Clone();
        next.Status = report.Status.Clone();
        if (task.Status is { Timestamp: { } since } known && known.State == next.Status.State)
        {
            // A daemon that comes back finds a container running, and cannot know since when the task is said to.
            next.Status.ReportedAt ??= next.Status.Timestamp;
            next.Status.Timestamp = since;
        }
        next.Status.Message = TaskStatusBounds.Shown(next.Status.Message);
        next.Status.Err = TaskStatusBounds.Shown(next.Status.Err);
        next.Status.AppliedBy = report.NodeId;
        next.Status.AppliedAt = now.ToTimestamp();
        next.Meta.UpdatedAt = next.Status.AppliedAt;
        return next;
    }
}
