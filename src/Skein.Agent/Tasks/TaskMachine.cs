using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>
/// A task's life as two pure functions, after swarmkit's `exec.Do`: <see cref="Observe"/> notes what happened,
/// <see cref="Step"/> takes one step towards the desired state. The shell repeats the step until it answers null;
/// each state on the way is reported. States only grow.
/// </summary>
internal static class TaskMachine
{
    public static TaskLife Observe(TaskLife life, TaskEvent happened) => happened switch
    {
        // A manager never takes back a shutdown; an old assignment must not either.
        TaskEvent.Desired desired => life with { Desired = (TaskState)Math.Max((int)life.Desired, (int)desired.State) },
        TaskEvent.Unassigned => life with { Assigned = false },
        TaskEvent.Prepared prepared => OnPrepared(life, prepared),
        TaskEvent.Waiting waiting => life.Work is TaskWork.Starting or TaskWork.Preparing ? life with { Message = waiting.Message } : life,
        TaskEvent.Started started => OnStarted(life, started),
        TaskEvent.BecameHealthy => life is { Alive: true, IsTerminal: false } ? Running(life) : life,
        TaskEvent.BecameUnhealthy => life is { Alive: true, IsTerminal: false } ? life with { Unhealthy = true, Healthy = false } : life,
        TaskEvent.WorkFailed failed => OnWorkFailed(life, failed.Reason),
        TaskEvent.Exited exited => OnExited(life, exited.ExitCode),
        TaskEvent.Lost lost => OnLost(life, lost.Reason),
        TaskEvent.Drained => life with { Drained = true, Work = life.Work == TaskWork.Draining ? TaskWork.None : life.Work },
        TaskEvent.Stopped => OnStopped(life),
        TaskEvent.Removed => life with { Work = TaskWork.None, Gone = true, Alive = false },
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "no such event"),
    };

    /// <returns>The next state and what to do on entering it; null when there is nothing to do but wait.</returns>
    public static (TaskLife Life, TaskCommand Command)? Step(TaskLife life)
    {
        if (life.Gone) return null;
        if (!life.Assigned) return StepToRemoval(life);
        if (life.IsTerminal) return StepToRest(life);
        if (life.Desired >= TaskState.Shutdown) return StepToShutdown(life);
        if (life.Work != TaskWork.None) return null;
        if (life.Unhealthy) return StepToStop(life);
        return life.State switch
        {
            < TaskState.Accepted => (life with { State = TaskState.Accepted, Message = "accepted" }, TaskCommand.None),
            TaskState.Accepted => (life with { State = TaskState.Preparing, Message = "preparing" }, TaskCommand.None),
            TaskState.Preparing => (life with { Work = TaskWork.Preparing }, TaskCommand.Prepare),
            TaskState.Ready when life.Desired >= TaskState.Running => (life with { State = TaskState.Starting, Message = "starting" }, TaskCommand.None),
            TaskState.Starting when !life.Alive => (life with { Work = TaskWork.Starting }, TaskCommand.Start),
            _ => null,
        };
    }

    // An ended task whose process runs all the same: its stop failed, or the node was cut off when it was ended.
    private static (TaskLife, TaskCommand)? StepToRest(TaskLife life) =>
        life is { Alive: true, Work: TaskWork.None } ? (life with { Work = TaskWork.Stopping, Healthy = false }, TaskCommand.Stop) : null;

    private static (TaskLife, TaskCommand)? StepToRemoval(TaskLife life) => life.Work switch
    {
        TaskWork.Preparing => (life with { Work = TaskWork.Cancelling }, TaskCommand.Cancel),
        TaskWork.None => (life with { Work = TaskWork.Removing }, TaskCommand.Remove),
        _ => null,
    };

    private static (TaskLife, TaskCommand)? StepToShutdown(TaskLife life) => life.Work switch
    {
        // A start is short, and called off half way it might leave a process behind: it is waited for.
        TaskWork.Preparing => (life with { Work = TaskWork.Cancelling }, TaskCommand.Cancel),
        // First the word that it is not to be balanced to, then the signal.
        TaskWork.None when life.Healthy => (life with { Healthy = false }, TaskCommand.None),
        TaskWork.None when life.Alive => StepToStop(life),
        TaskWork.None => (Shut(life), TaskCommand.None),
        _ => null,
    };

    // What was never ready nobody was led to.
    private static (TaskLife, TaskCommand) StepToStop(TaskLife life) => life is { State: TaskState.Running, Drained: false }
        ? (life with { Work = TaskWork.Draining }, TaskCommand.Drain)
        : (life with { Work = TaskWork.Stopping }, TaskCommand.Stop);

    private static TaskLife OnPrepared(TaskLife life, TaskEvent.Prepared prepared) => life with
    {
        Work = TaskWork.None,
        ContainerId = prepared.ContainerId,
        State = Later(life.State, TaskState.Ready),
        Message = "prepared",
    };

    private static TaskLife OnStarted(TaskLife life, TaskEvent.Started started)
    {
        var alive = life with { Work = TaskWork.None, Alive = true, Pid = started.Pid };
        return started.Watched ? alive : Running(alive);
    }

    private static TaskLife Running(TaskLife life) =>
        life with { State = Later(life.State, TaskState.Running), Message = "started", Healthy = true };

    private static TaskLife OnWorkFailed(TaskLife life, string reason) => life.Work switch
    {
        TaskWork.Cancelling => life with { Work = TaskWork.None },
        _ => life with
        {
            Work = TaskWork.None,
            State = Later(life.State, life.State < TaskState.Starting ? TaskState.Rejected : TaskState.Failed),
            Err = life.Work == TaskWork.Starting ? $"starting container failed: {reason}" : reason,
            Healthy = false,
        },
    };

    private static TaskLife OnExited(TaskLife life, int exitCode)
    {
        var ended = life with { Alive = false, Healthy = false, Pid = 0, ExitCode = exitCode };
        // The end of a stop, and of a removal, is told by its own event.
        if (life.IsTerminal || life.Work is TaskWork.Stopping or TaskWork.Removing) return ended;
        return Finished(ended);
    }

    private static TaskLife OnLost(TaskLife life, string reason)
    {
        var ended = life with { Alive = false, Healthy = false, Pid = 0 };
        return life.IsTerminal || life.Work != TaskWork.None ? ended : ended with { State = TaskState.Failed, Err = reason };
    }

    private static TaskLife OnStopped(TaskLife life)
    {
        var stopped = life with { Work = TaskWork.None, Alive = false, Healthy = false, Pid = 0 };
        if (stopped.IsTerminal) return stopped;
        return stopped.Unhealthy && stopped.Desired < TaskState.Shutdown ? Finished(stopped) : Shut(stopped);
    }

    private static TaskLife Finished(TaskLife life) => (life.ExitCode, life.Unhealthy) switch
    {
        (0, false) => life with { State = TaskState.Complete, Message = "finished" },
        (0, true) => life with { State = TaskState.Failed, Err = "dockerexec: unhealthy container" },
        (var code, false) => life with { State = TaskState.Failed, Err = $"task: non-zero exit ({code})" },
        var (code, _) => life with { State = TaskState.Failed, Err = $"task: non-zero exit ({code}): dockerexec: unhealthy container" },
    };

    private static TaskLife Shut(TaskLife life) => life with { State = TaskState.Shutdown, Message = "shutdown" };

    private static TaskState Later(TaskState a, TaskState b) => a > b ? a : b;
}
