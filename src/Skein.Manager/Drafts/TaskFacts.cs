using Google.Protobuf.WellKnownTypes;
using Skein.Model;

namespace Skein.Manager.Drafts;

/// <summary>What the stages ask of a task or node.</summary>
internal static class TaskFacts
{
    public static TaskState State(this SwarmTask task) => task.Status?.State ?? TaskState.New;

    /// <summary>On a node, and not yet reported to be gone from it.</summary>
    public static bool IsOnNode(this SwarmTask task) => task.State() is >= TaskState.Assigned and <= TaskState.Running;

    public static bool RunsHealthy(this SwarmTask task) => task.Status is { State: TaskState.Running, Healthy: true };

    /// <summary>It ended without being told to.</summary>
    public static bool EndedByItself(this SwarmTask task) =>
        task.State() is TaskState.Complete or TaskState.Failed or TaskState.Rejected;

    /// <summary>Created after the store had this version. What is only drafted yet is created last.</summary>
    public static bool IsCreatedAfter(this SwarmTask task, ulong version) => task.Meta is not { CreatedVersion: > 0 and var created } || created > version;

    public static DateTimeOffset CreatedAt(this SwarmTask task) => task.Meta?.CreatedAt.AsTime() ?? DateTimeOffset.MinValue;

    /// <summary>When its state was reached: by a manager's clock where known, else by the node's.</summary>
    public static DateTimeOffset StateSince(this SwarmTask task) =>
        (task.Status?.AppliedAt ?? task.Status?.Timestamp)?.AsTime() ?? task.CreatedAt();

    public static DateTimeOffset AsTime(this Timestamp? stamp) => stamp?.ToDateTimeOffset() ?? DateTimeOffset.MinValue;

    public static bool IsDown(this Node node) => node.Status?.State == NodeState.Down;

    public static bool IsDrained(this Node node) => node.Spec?.Availability == NodeAvailability.Drain;

    public static bool IsPaused(this Node node) => node.Spec?.Availability == NodeAvailability.Pause;

    public static string Name(this Service service) => service.Spec?.Annotations?.Name ?? "";
}
