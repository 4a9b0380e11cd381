using System.Text;
using CsCheck;
using Skein.Agent.Tasks;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Tasks;

/// <summary>Stories of a task: what happens, and the whole trace of states and commands that follows.</summary>
public class TaskMachineTests
{
    private static readonly TaskEvent Desired = new TaskEvent.Desired(TaskState.Running);
    private static readonly TaskEvent Shutdown = new TaskEvent.Desired(TaskState.Shutdown);
    private static readonly TaskEvent Prepared = new TaskEvent.Prepared("c1");
    private static readonly TaskEvent Drained = new TaskEvent.Drained();
    private static readonly TaskEvent Started = new TaskEvent.Started(42, Watched: false);

    [Fact]
    public void A_task_runs_and_completes() => Tells(TaskState.Running,
        [Prepared, Started, new TaskEvent.Exited(0)],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Started
        Running started healthy
        Exited
        Complete finished
        """);

    [Fact]
    public void A_restarted_task_waits_at_ready() => Tells(TaskState.Ready,
        [Prepared, Desired, Started],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Desired
        Starting starting
          > Start
        Started
        Running started healthy
        """);

    [Fact]
    public void What_cannot_be_prepared_is_rejected_with_its_reason() => Tells(TaskState.Running,
        [new TaskEvent.WorkFailed("No such image: nope:latest")],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        WorkFailed
        Rejected preparing: No such image: nope:latest
        """);

    [Fact]
    public void What_cannot_be_started_has_failed() => Tells(TaskState.Running,
        [Prepared, new TaskEvent.WorkFailed("exec: \"nope\": executable file not found in $PATH")],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        WorkFailed
        Failed starting: starting container failed: exec: "nope": executable file not found in $PATH
        """);

    [Theory]
    [InlineData(1)]
    [InlineData(137)]
    public void An_exit_code_is_told_in_dockers_words(int code) => Tells(TaskState.Running,
        [Prepared, Started, new TaskEvent.Exited(code)],
        $"""
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Started
        Running started healthy
        Exited
        Failed started: task: non-zero exit ({code})
        """);

    [Fact]
    public void Before_the_stop_signal_the_task_leaves_the_balancers() => Tells(TaskState.Running,
        [Prepared, Started, Shutdown, Drained, new TaskEvent.Exited(143), new TaskEvent.Stopped(), new TaskEvent.Unassigned(), new TaskEvent.Removed()],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Started
        Running started healthy
        Desired
        Running started
          > Drain
        Drained
          > Stop
        Exited
        Stopped
        Shutdown shutdown
        Unassigned
          > Remove
        Removed
        """);

    [Fact]
    public void A_shutdown_calls_off_the_preparation() => Tells(TaskState.Running,
        [Shutdown, new TaskEvent.WorkFailed("cancelled")],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Desired
          > Cancel
        WorkFailed
        Shutdown shutdown
        """);

    [Fact]
    public void A_preparation_that_ends_as_it_is_called_off_leaves_no_process() => Tells(TaskState.Running,
        [Shutdown, Prepared, new TaskEvent.Unassigned(), new TaskEvent.Removed()],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Desired
          > Cancel
        Prepared
        Ready prepared
        Shutdown shutdown
        Unassigned
          > Remove
        Removed
        """);

    [Fact]
    public void A_start_under_way_is_waited_for_and_then_stopped() => Tells(TaskState.Running,
        [Prepared, Shutdown, Started, Drained, new TaskEvent.Stopped()],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Desired
        Started
        Running started healthy
        Running started
          > Drain
        Drained
          > Stop
        Stopped
        Shutdown shutdown
        """);

    [Fact]
    public void An_unassigned_task_is_removed_while_it_runs() => Tells(TaskState.Running,
        [Prepared, Started, new TaskEvent.Unassigned(), new TaskEvent.Exited(137), new TaskEvent.Removed()],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Started
        Running started healthy
        Unassigned
          > Remove
        Exited
        Removed
        """);

    [Fact]
    public void A_health_check_holds_back_running_and_ends_a_sick_container() => Tells(TaskState.Running,
        [Prepared, new TaskEvent.Started(42, Watched: true), new TaskEvent.BecameHealthy(), new TaskEvent.BecameUnhealthy(), Drained, new TaskEvent.Exited(143), new TaskEvent.Stopped()],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Started
        BecameHealthy
        Running started healthy
        BecameUnhealthy
        Running started
          > Drain
        Drained
          > Stop
        Exited
        Stopped
        Failed started: task: non-zero exit (143): dockerexec: unhealthy container
        """);

    [Fact]
    public void What_was_never_ready_is_stopped_without_waiting_for_the_balancers() => Tells(TaskState.Running,
        [Prepared, new TaskEvent.Started(42, Watched: true), Shutdown, new TaskEvent.Stopped()],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Started
        Desired
          > Stop
        Stopped
        Shutdown shutdown
        """);

    [Fact]
    public void A_task_that_ends_while_it_drains_is_not_signalled() => Tells(TaskState.Running,
        [Prepared, Started, Shutdown, new TaskEvent.Exited(0), Drained],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Started
        Running started healthy
        Desired
        Running started
          > Drain
        Exited
        Complete finished
        Drained
        """);

    [Fact]
    public void A_shutdown_of_a_sick_task_that_drains_already_begins_nothing_anew() => Tells(TaskState.Running,
        [Prepared, new TaskEvent.Started(42, Watched: true), new TaskEvent.BecameHealthy(), new TaskEvent.BecameUnhealthy(), Shutdown, Drained, new TaskEvent.Stopped()],
        """
        Accepted accepted
        Preparing preparing
          > Prepare
        Prepared
        Ready prepared
        Starting starting
          > Start
        Started
        BecameHealthy
        Running started healthy
        BecameUnhealthy
        Running started
          > Drain
        Desired
        Drained
          > Stop
        Stopped
        Shutdown shutdown
        """);

    [Fact]
    public void States_never_go_back_and_every_end_is_quiet()
    {
        TaskEvent[] events =
        [
            Desired, Shutdown, Prepared, Started, Drained, new TaskEvent.Exited(1), new TaskEvent.Exited(0), new TaskEvent.Stopped(), new TaskEvent.Lost("gone"),
            new TaskEvent.WorkFailed("no"), new TaskEvent.BecameHealthy(), new TaskEvent.BecameUnhealthy(), new TaskEvent.Started(1, true),
        ];
        Gen.Int[0, events.Length - 1].Array[0, 12].Sample(picks =>
        {
            var life = new TaskLife(TaskState.Assigned, TaskState.Running);
            foreach (var pick in picks)
            {
                var state = life.State;
                life = TaskMachine.Observe(life, events[pick]);
                for (var steps = 0; TaskMachine.Step(life) is var (next, _); steps++)
                {
                    Assert.True(next.State >= life.State);
                    Assert.True(steps < 20, "the machine does not settle");
                    life = next;
                }
                Assert.True(life.State >= state);
            }
        });
    }

    private static void Tells(TaskState desired, IEnumerable<TaskEvent> story, string expected)
    {
        var trace = new StringBuilder();
        var life = Settle(new TaskLife(TaskState.Assigned, desired), trace);
        foreach (var happened in story)
        {
            trace.AppendLine(happened.GetType().Name);
            var next = TaskMachine.Observe(life, happened);
            Show(life, next, trace);
            life = Settle(next, trace);
        }
        Assert.Equal(expected, trace.ToString().TrimEnd());
    }

    private static TaskLife Settle(TaskLife life, StringBuilder trace)
    {
        while (TaskMachine.Step(life) is var (next, command))
        {
            Show(life, next, trace);
            if (command != TaskCommand.None) trace.AppendLine($"  > {command}");
            life = next;
        }
        return life;
    }

    private static void Show(TaskLife before, TaskLife after, StringBuilder trace)
    {
        if (before.State == after.State && before.Healthy == after.Healthy && before.Err == after.Err) return;
        if (!after.Assigned || after.Work == TaskWork.Removing) return;
        trace.AppendLine($"{after.State} {after.Message}{(after.Err.Length > 0 ? ": " + after.Err : "")}{(after.Healthy ? " healthy" : "")}");
    }
}
