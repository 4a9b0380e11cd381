using Google.Protobuf.WellKnownTypes;

namespace Skein.Model.Specs;

/// <summary>A task's state only grows: of two reports the greater is the later one, whatever the order they arrive in.</summary>
public static class TaskStates
{
    /// <summary>Its container has ended, or never will be: nothing moves it but its removal.</summary>
    public static bool IsTerminal(this TaskState state) => state > TaskState.Running;

    public static bool IsTerminal(this SwarmTask task) => (task.Status?.State ?? TaskState.New).IsTerminal();

    /// <summary>Wanted: not told to stop. It may have stopped by itself all the same.</summary>
    public static bool IsWanted(this SwarmTask task) => task.DesiredState <= TaskState.Complete;

    /// <summary>Running, healthy and meant to stay so: it may be resolved and balanced to.</summary>
    public static bool IsReady(this SwarmTask task) =>
        task.Status is { State: TaskState.Running, Healthy: true } && task.DesiredState is (TaskState.Running or TaskState.Complete);

    public static bool IsJob(this ServiceSpec spec) => spec.ModeCase is ServiceSpec.ModeOneofCase.ReplicatedJob or ServiceSpec.ModeOneofCase.GlobalJob;

    /// <summary>One task on each node.</summary>
    public static bool IsByNode(this ServiceSpec spec) => spec.ModeCase is ServiceSpec.ModeOneofCase.Global or ServiceSpec.ModeOneofCase.GlobalJob;

    /// <summary>What a task that is wanted comes to in the end.</summary>
    public static TaskState Goal(this SwarmTask task) => task.JobIteration is null ? TaskState.Running : TaskState.Complete;

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
