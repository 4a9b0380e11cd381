using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>All that is known of a task on this node.</summary>
/// <param name="Message">What is going on, in Docker's words.</param>
/// <param name="Err">Why it is not going on.</param>
/// <param name="Alive">Its process runs.</param>
/// <param name="Drained">Nobody is led to it any more: it may be told to stop.</param>
/// <param name="Unhealthy">Its health check gave it up: its end is a failure whatever the exit code.</param>
internal sealed record TaskLife(
    TaskState State,
    TaskState Desired,
    string Message = "",
    string Err = "",
    string ContainerId = "",
    int Pid = 0,
    int ExitCode = 0,
    bool Alive = false,
    bool Healthy = false,
    bool Drained = false,
    bool Unhealthy = false,
    bool Assigned = true,
    bool Gone = false,
    TaskWork Work = TaskWork.None)
{
    public bool IsTerminal => State >= TaskState.Complete;
}
