using Skein.Manager.Drafts;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>Tasks whose service or node is gone.</summary>
internal static class LostTasks
{
    public static void Run(SwarmDraft draft)
    {
        foreach (var task in draft.Tasks)
        {
            if (task.Value.ServiceId.Length > 0 && task.Value.DesiredState != TaskState.Remove && draft.Service(task.Value.ServiceId) is null)
                task.Edit().DesiredState = TaskState.Remove;
            if (task.Value.NodeId.Length > 0 && !task.Value.IsTerminal()) OrphanWithoutNode(draft, task);
        }
    }

    /// <summary>What was never handed to a node needs no node's word to be over.</summary>
    public static void EndUnassigned(SwarmDraft draft)
    {
        foreach (var task in draft.Tasks)
        {
            if (task.Value.IsWanted() || task.Value.State() >= TaskState.Assigned) continue;
            var status = task.Edit().Status ??= new();
            status.State = TaskState.Shutdown;
            status.Timestamp = draft.Stamp;
        }
    }

    private static void OrphanWithoutNode(SwarmDraft draft, Drafted<SwarmTask> task)
    {
        var node = draft.Node(task.Value.NodeId);
        if (node is null)
        {
            Orphan(draft, task, "Task belonged to a node that has been deleted");
        }
        else if (node.IsDown() && !task.Value.IsWanted() && task.Value.IsOnNode())
        {
            // A node that is down is written by nobody but a user: its last change is when it went down, or later.
            var due = node.Meta?.UpdatedAt.AsTime() + Defaults.OrphanAfter ?? draft.Now;
            if (due <= draft.Now) Orphan(draft, task, "Task belonged to a node that has been down for too long");
            else draft.WakeAt(due);
        }
    }

    private static void Orphan(SwarmDraft draft, Drafted<SwarmTask> task, string why)
    {
        var status = task.Edit().Status ??= new();
        status.State = TaskState.Orphaned;
        status.Message = why;
        status.Err = "";
        status.Timestamp = draft.Stamp;
        status.AppliedAt = draft.Stamp;
    }
}
