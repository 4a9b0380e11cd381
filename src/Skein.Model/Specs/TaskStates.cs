using Google.Protobuf.WellKnownTypes;

namespace Skein.Model.Specs;

/// <summary>A task's state only grows: of two reports the greater is the later one, whatever the order they arrive in.</summary>
public static class TaskStates
{
    /// <summary>Its container has ended, or never will be: nothing moves it but its removal.</summary>
    public static bool IsTerminal(this TaskState state) => state > TaskState.Running;

    public static bool IsTerminal(this SwarmTask task) => (task.Status?.State ?? TaskState.New).IsTerminal();

    /// <summary>Running, healthy and meant to stay so: it may be resolved and balanced to.</summary>
    public static bool IsReady(this SwarmTask task) =>
        task.Status is { State: TaskState.Running, Healthy: true } && task.DesiredState == TaskState.Running;

    /// <summary>
    /// Whether a node's report replaces what is stored: forward in state, or news within the same state
    /// (health, ports). What has ended is never changed by a report.
    /// </summary>
    public static bool Supersedes(this SwarmTaskStatus report, SwarmTaskStatus? stored)
    {
        var state = stored?.State ?? TaskState.New;
        if (state.IsTerminal()) return false;
        if (report.State != state) return report.State > state;
        return stored is null || Before(stored, report);
    }

    private static bool Before(SwarmTaskStatus stored, SwarmTaskStatus report) =>
        ReportedAt(stored) is not { } before || ReportedAt(report) is not { } now || now.CompareTo(before) >= 0;

    // A node of before said no more than when the state began.
    private static Timestamp? ReportedAt(SwarmTaskStatus status) => status.ReportedAt ?? status.Timestamp;
}
