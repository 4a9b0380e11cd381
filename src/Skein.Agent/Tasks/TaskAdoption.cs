using Skein.Agent.Containers;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Agent.Tasks;

/// <summary>
/// Where a task stands when this daemon first sees it: new, or with a container that an earlier daemon made. The
/// container is believed before the assignment, which may be as old as the file it was read from.
/// </summary>
internal static class TaskAdoption
{
    /// <param name="watched">The task has a health check.</param>
    public static TaskLife Adopt(SwarmTask task, ContainerRecord? container, bool watched)
    {
        var known = task.Status ?? new SwarmTaskStatus();
        var life = new TaskLife(
            known.State, task.DesiredState, known.Message, known.Err,
            ContainerId: container?.Id ?? known.Container?.ContainerId ?? "",
            ExitCode: known.Container?.ExitCode ?? 0);
        if (life.IsTerminal) return life with { Alive = container?.State.IsRunning == true };
        return container is null ? WithoutContainer(life) : WithContainer(life, container, watched);
    }

    // Between READY and RUNNING there was a container; a node whose disk was lost must say so.
    private static TaskLife WithoutContainer(TaskLife life) => life.State < TaskState.Ready
        ? life
        : life with { State = TaskState.Failed, Err = $"No such container: {life.ContainerId}" };

    private static TaskLife WithContainer(TaskLife life, ContainerRecord container, bool watched)
    {
        switch (container.State.Status)
        {
            case ContainerStatus.Created:
                return life with { State = TaskState.Ready, Message = "prepared" };
            case ContainerStatus.Running or ContainerStatus.Paused:
                var starting = life with { State = Later(life.State, TaskState.Starting) };
                // What was healthy before this daemon came stays so until a probe says otherwise.
                return TaskMachine.Observe(starting, new TaskEvent.Started((int)container.State.Pid, watched && life.State < TaskState.Running));
            default:
                var ran = life with { State = Later(life.State, TaskState.Running), Message = "started" };
                return life.Desired >= TaskState.Shutdown
                    ? ran with { ExitCode = container.State.ExitCode }
                    : TaskMachine.Observe(ran, new TaskEvent.Exited(container.State.ExitCode));
        }
    }

    private static TaskState Later(TaskState a, TaskState b) => a > b ? a : b;
}
