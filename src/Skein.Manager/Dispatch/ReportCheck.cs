using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>Which of a node's reports are taken: sound ones, on its own tasks. One on a task that is gone is late, and no fault.</summary>
internal static class ReportCheck
{
    public static string? FlawOf(Snapshot snapshot, string nodeId, TaskStatusUpdate update)
    {
        if (update.Status is null) return "a report without a status";
        if (snapshot.Tasks.Find(update.TaskId) is { } task && task.NodeId != nodeId) return "a report on another node's task";
        return TaskStatusBounds.FlawOf(update.Status);
    }
}
