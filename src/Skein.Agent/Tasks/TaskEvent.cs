using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>What happened to a task.</summary>
internal abstract record TaskEvent
{
    public sealed record Desired(TaskState State) : TaskEvent;

    /// <summary>The assignments no longer name it: its history is of no interest to anyone.</summary>
    public sealed record Unassigned : TaskEvent;

    public sealed record Prepared(string ContainerId) : TaskEvent;

    /// <summary>What is being done waits for something; its state stays.</summary>
    public sealed record Waiting(string Message) : TaskEvent;

    /// <summary>Its process runs.</summary>
    /// <param name="Watched">Its health check, or where it listens, decides when it counts as running.</param>
    public sealed record Started(int Pid, bool Watched) : TaskEvent;

    /// <summary>Preparation or start failed; stop and removal are tried until they succeed.</summary>
    public sealed record WorkFailed(string Reason) : TaskEvent;

    public sealed record BecameHealthy : TaskEvent;

    public sealed record BecameUnhealthy : TaskEvent;

    public sealed record Exited(int ExitCode) : TaskEvent;

    /// <summary>Its container went without an exit being seen.</summary>
    public sealed record Lost(string Reason) : TaskEvent;

    /// <summary>Every balancer in the swarm has let go of it, or it was waited for long enough.</summary>
    public sealed record Drained : TaskEvent;

    public sealed record Stopped : TaskEvent;

    public sealed record Removed : TaskEvent;
}
