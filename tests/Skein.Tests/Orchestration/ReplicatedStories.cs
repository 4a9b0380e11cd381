using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Orchestration;

public class ReplicatedStories
{
    private readonly SwarmWorld _swarm = new(nodes: 3);

    [Fact]
    public void A_service_is_created_and_its_tasks_are_born_assigned()
    {
        _swarm.AddService("web", 2);
        _swarm.Settle();
        Trace.Is(
            """
            0s t1 web.1 on n1 Assigned/Running
            0s t2 web.2 on n2 Assigned/Running
            0s t1 web.1 on n1 Ready/Running
            0s t2 web.2 on n2 Ready/Running
            0s t1 web.1 on n1 Running/Running
            0s t2 web.2 on n2 Running/Running
            """,
            _swarm);
        var task = _swarm.TaskOf("t1");
        Assert.Equal("web.1.t1", task.Annotations.Name);
        Assert.Equal("scheduler assigned task to node", _swarm.Store.Commits.SelectMany(c => c).Select(c => c.Object).OfType<SwarmTask>().First().Status.Message);
    }

    [Fact]
    public void A_container_that_dies_is_replaced_after_its_delay_and_prepared_meanwhile()
    {
        _swarm.AddService("web", 1);
        _swarm.Settle();
        _swarm.TakeTrace();
        _swarm.Report("t1", TaskState.Failed, "task: non-zero exit (137)");
        _swarm.Pass(10);
        Trace.Is(
            """
            0s t1 web.1 on n1 Failed/Shutdown: task: non-zero exit (137)
            0s t2 web.1 on n1 Assigned/Ready
            0s t2 web.1 on n1 Ready/Ready
            5s t2 web.1 on n1 Ready/Running
            5s t2 web.1 on n1 Running/Running
            """,
            _swarm);
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_a_delay_no_longer_than_it_was_to_be()
    {
        _swarm.AddService("web", 1);
        _swarm.Settle();
        _swarm.Report("t1", TaskState.Failed);
        _swarm.Settle();
        _swarm.SetBack(TimeSpan.FromHours(1));
        _swarm.Pass(5);
        Assert.Equal(TaskState.Running, _swarm.TaskOf("t2").Status.State);
    }

    [Fact]
    public void What_is_kept_of_a_slot_are_its_latest_tasks_whatever_the_clock_said_when_they_were_made()
    {
        _swarm.AddService("web", 1, s => s.Task.Restart = new() { Delay = 0 });
        _swarm.Settle();
        for (var i = 1; i <= 8; i++)
        {
            _swarm.SetBack(TimeSpan.FromHours(1));
            _swarm.Report($"t{i}", TaskState.Failed);
            _swarm.Settle();
        }
        Assert.Equal(["t5", "t6", "t7", "t8", "t9"], _swarm.Tasks.Select(t => t.Id));
    }

    [Fact]
    public void Tasks_with_large_specs_are_written_in_several_transactions()
    {
        _swarm.NodesIdle = true;
        _swarm.AddService("web", 10, s => s.Task.Container.Labels["large"] = new('x', 300_000));
        _swarm.Settle();
        Assert.Equal(10, _swarm.Tasks.Count(t => t.Status.State == TaskState.Assigned));
        var largest = _swarm.Store.Commits.Max(changes => changes.Sum(change => change.Object?.CalculateSize() ?? 0));
        Assert.InRange(largest, 1, 2 << 20);
    }

    [Fact]
    public void With_no_delay_it_is_replaced_at_once()
    {
        _swarm.AddService("web", 1, s => s.Task.Restart = new() { Delay = 0 });
        _swarm.Settle();
        _swarm.TakeTrace();
        _swarm.Report("t1", TaskState.Failed);
        _swarm.Batch();
        Trace.Is(
            """
            0s t1 web.1 on n1 Failed/Shutdown
            0s t2 web.1 on n1 Assigned/Running
            """,
            _swarm);
    }

    [Fact]
    public void An_image_that_cannot_be_had_is_tried_again_no_faster_than_the_delay()
    {
        _swarm.Ends("httpd:1", TaskState.Rejected);
        _swarm.AddService("web", 1);
        _swarm.Pass(11);
        Trace.Is(
            """
            0s t1 web.1 on n1 Assigned/Running
            0s t1 web.1 on n1 Rejected/Running
            0s t1 web.1 on n1 Rejected/Shutdown
            0s t2 web.1 on n1 Assigned/Ready
            0s t2 web.1 on n1 Rejected/Ready
            5s t2 web.1 on n1 Rejected/Shutdown
            5s t3 web.1 on n1 Assigned/Ready
            5s t3 web.1 on n1 Rejected/Ready
            10s t3 web.1 on n1 Rejected/Shutdown
            10s t4 web.1 on n1 Assigned/Ready
            10s t4 web.1 on n1 Rejected/Ready
            """,
            _swarm);
    }

    [Fact]
    public void A_node_that_dies_has_its_tasks_replaced_elsewhere_at_once_and_comes_back_without_ghosts()
    {
        _swarm.AddService("web", 3);
        _swarm.Settle();
        _swarm.TakeTrace();
        _swarm.Down("n2");
        _swarm.Pass(60);
        Trace.Is(
            """
            0s t2 web.2 on n2 Running/Shutdown until it is back
            0s t4 web.2 on n1 Assigned/Running
            0s t4 web.2 on n1 Ready/Running
            0s t4 web.2 on n1 Running/Running
            0s t2 web.2 on n2 Running/Shutdown
            """,
            _swarm);
        _swarm.Up("n2");
        _swarm.Pass(60);
        Trace.Is("60s t2 web.2 on n2 Shutdown/Shutdown", _swarm);
    }

    [Fact]
    public void A_node_that_stays_down_for_a_day_has_its_tasks_given_up()
    {
        _swarm.AddService("web", 2);
        _swarm.Settle();
        _swarm.Down("n2");
        _swarm.Pass(24 * 3600 - 1);
        Assert.Equal(TaskState.Running, _swarm.TaskOf("t2").Status.State);
        _swarm.Pass(1);
        Assert.Equal(TaskState.Orphaned, _swarm.TaskOf("t2").Status.State);
    }

    [Fact]
    public void A_drained_node_stops_its_tasks_before_others_start()
    {
        _swarm.AddService("web", 1);
        _swarm.Settle();
        _swarm.TakeTrace();
        _swarm.Drain("n1");
        _swarm.Settle();
        Trace.Is(
            """
            0s t1 web.1 on n1 Running/Shutdown
            0s t2 web.1 on n2 Assigned/Ready
            0s t1 web.1 on n1 Shutdown/Shutdown
            0s t2 web.1 on n2 Ready/Ready
            0s t2 web.1 on n2 Ready/Running
            0s t2 web.1 on n2 Running/Running
            """,
            _swarm);
    }

    [Fact]
    public void A_task_that_does_not_stop_holds_up_its_replacement_which_says_so_after_a_minute()
    {
        _swarm.AddService("web", 1);
        _swarm.Settle();
        _swarm.Drain("n1");
        _swarm.NodesIdle = true;
        _swarm.Pass(59);
        Assert.Equal("", _swarm.TaskOf("t2").Status.Err);
        _swarm.Pass(3600);
        Assert.Equal(TaskState.Ready, _swarm.TaskOf("t2").DesiredState);
        Assert.Equal("waiting for task t1 on node n1 to stop", _swarm.TaskOf("t2").Status.Err);
        _swarm.NodesIdle = false;
        _swarm.Settle();
        Assert.Equal(("", TaskState.Running), (_swarm.TaskOf("t2").Status.Err, _swarm.TaskOf("t2").Status.State));
    }

    [Fact]
    public void A_replacement_does_not_wait_for_a_task_on_a_node_that_is_down()
    {
        _swarm.AddService("web", 1);
        _swarm.Settle();
        _swarm.Drain("n1");
        _swarm.NodesIdle = true;
        _swarm.Settle();
        _swarm.Down("n1");
        _swarm.Settle();
        Assert.Equal(TaskState.Running, _swarm.TaskOf("t2").DesiredState);
    }

    [Fact]
    public void A_paused_node_keeps_its_tasks_and_gets_no_more()
    {
        _swarm.AddService("web", 3);
        _swarm.Settle();
        _swarm.Pause("n1");
        _swarm.Scale("web", 5);
        _swarm.Settle();
        Assert.Equal(1, _swarm.Tasks.Count(t => t.NodeId == "n1" && t.Status.State == TaskState.Running));
        Assert.Equal(5, _swarm.Tasks.Count(t => t.Status.State == TaskState.Running));
    }

    [Fact]
    public void A_node_that_no_longer_meets_the_constraints_loses_its_tasks()
    {
        _swarm.Change("n1", n => n.Spec.Annotations.Labels["disk"] = "ssd");
        _swarm.Change("n2", n => n.Spec.Annotations.Labels["disk"] = "ssd");
        _swarm.AddService("web", 1, s => s.Task.Placement = new() { Constraints = { "node.labels.disk==ssd" } });
        _swarm.Settle();
        _swarm.Change("n1", n => n.Spec.Annotations.Labels.Clear());
        _swarm.Settle();
        Assert.Equal("t2 web.1 on n2 Running/Running\nt1 web.1 on n1 Shutdown/Shutdown", _swarm.Ps("web"));
    }

    [Fact]
    public void A_node_removed_from_the_swarm_leaves_its_tasks_orphaned()
    {
        _swarm.AddService("web", 2);
        _swarm.Settle();
        _swarm.Remove(ObjectKind.Node, "n2");
        _swarm.Settle();
        Assert.Equal(
            "t1 web.1 on n1 Running/Running\nt3 web.2 on n3 Running/Running\nt2 web.2 on n2 Orphaned/Shutdown".Split('\n').Order(),
            _swarm.Ps("web").Split('\n').Order());
    }

    [Fact]
    public void Scaling_up_fills_the_lowest_slots_and_scaling_down_keeps_the_spread()
    {
        _swarm.AddService("web", 3);
        _swarm.Settle();
        _swarm.Scale("web", 7);
        _swarm.Settle();
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], _swarm.Tasks.Select(t => (int)t.Slot));
        _swarm.Scale("web", 3);
        _swarm.Settle();
        Assert.Equal(["n1", "n2", "n3"], _swarm.Tasks.Select(t => t.NodeId).Order());
        _swarm.Scale("web", 0);
        _swarm.Settle();
        Assert.Empty(_swarm.Tasks);
    }

    [Fact]
    public void Scaling_down_prefers_tasks_that_do_not_run()
    {
        _swarm.AddService("web", 2);
        _swarm.Settle();
        _swarm.NodesIdle = true;
        _swarm.Scale("web", 3);
        _swarm.Settle();
        _swarm.Scale("web", 2);
        _swarm.NodesIdle = false;
        _swarm.Settle();
        Assert.Equal(["t1", "t2"], _swarm.Tasks.Select(t => t.Id));
    }

    [Fact]
    public void A_service_removed_has_its_tasks_stopped_and_then_forgotten()
    {
        _swarm.AddService("web", 2);
        _swarm.Settle();
        _swarm.TakeTrace();
        _swarm.Remove(ObjectKind.Service, "web");
        _swarm.Settle();
        Trace.Is(
            """
            0s t1 web.1 on n1 Running/Remove
            0s t2 web.2 on n2 Running/Remove
            0s t1 web.1 on n1 Shutdown/Remove
            0s t2 web.2 on n2 Shutdown/Remove
            0s t1 forgotten
            0s t2 forgotten
            """,
            _swarm);
    }

    [Fact]
    public void A_task_of_a_removed_service_on_a_node_that_is_down_is_kept_until_the_node_has_stopped_it()
    {
        _swarm.AddService("web", 1);
        _swarm.Settle();
        _swarm.Down("n1");
        _swarm.Remove(ObjectKind.Service, "web");
        _swarm.Pass(3600);
        Assert.Contains("t1", _swarm.Tasks.Select(t => t.Id));
        _swarm.Up("n1");
        _swarm.Settle();
        Assert.Empty(_swarm.Tasks);
    }

    [Fact]
    public void Attempts_are_counted_over_the_slots_history()
    {
        _swarm.Ends("httpd:1", TaskState.Failed);
        _swarm.AddService("web", 1, s => s.Task.Restart = new() { Delay = 0, MaxAttempts = 3 });
        _swarm.Pass(600);
        Assert.Equal(["t1", "t2", "t3", "t4"], _swarm.Tasks.Select(t => t.Id));
        Assert.All(_swarm.Tasks, t => Assert.Equal(TaskState.Shutdown, t.DesiredState));
    }

    [Fact]
    public void Attempts_within_a_window_start_anew_when_it_has_passed()
    {
        _swarm.AddService("web", 1, s => s.Task.Restart = new() { Delay = 0, MaxAttempts = 1, Window = 10_000_000_000 });
        _swarm.Settle();
        _swarm.Report("t1", TaskState.Failed);
        _swarm.Pass(20);
        _swarm.Report("t2", TaskState.Failed);
        _swarm.Pass(5);
        Assert.Equal(TaskState.Running, _swarm.TaskOf("t3").Status.State);
        _swarm.Report("t3", TaskState.Failed);
        _swarm.Pass(60);
        Assert.DoesNotContain(_swarm.Tasks, t => t.Id == "t4");
    }

    [Theory]
    [InlineData(RestartCondition.Any, TaskState.Complete, true)]
    [InlineData(RestartCondition.OnFailure, TaskState.Complete, false)]
    [InlineData(RestartCondition.OnFailure, TaskState.Failed, true)]
    [InlineData(RestartCondition.None, TaskState.Failed, false)]
    public void The_restart_condition_decides(RestartCondition condition, TaskState outcome, bool replaced)
    {
        _swarm.AddService("job", 1, s => s.Task.Restart = new() { Condition = condition });
        _swarm.Settle();
        _swarm.Report("t1", outcome);
        _swarm.Pass(10);
        Assert.Equal(replaced, _swarm.Tasks.Any(t => t.Id == "t2"));
        Assert.Equal(TaskState.Shutdown, _swarm.TaskOf("t1").DesiredState);
    }

    [Fact]
    public void Of_a_slot_that_keeps_failing_five_tasks_are_remembered()
    {
        _swarm.Ends("httpd:1", TaskState.Failed);
        _swarm.AddService("web", 1);
        _swarm.Pass(100);
        Assert.Equal(5, _swarm.Tasks.Count());
        Assert.All(_swarm.Tasks, t => Assert.Equal(1ul, t.Slot));
    }

    [Fact]
    public void A_service_of_which_no_task_was_ever_placed_can_be_removed()
    {
        _swarm.AddService("web", 2, s => s.Task.Placement = new() { Constraints = { "node.labels.x==y" } });
        _swarm.Settle();
        Assert.Equal(TaskState.Pending, _swarm.TaskOf("t1").Status.State);
        _swarm.Remove(ObjectKind.Service, "web");
        _swarm.Settle();
        Assert.Empty(_swarm.Tasks);
    }

    [Fact]
    public void No_transaction_is_larger_than_etcd_takes()
    {
        _swarm.Tracing = false;
        _swarm.NodesIdle = true;
        _swarm.AddService("web", 400, s => s.Task.Container.Env.Add("TABLE=" + new string('x', 100_000)));
        _swarm.Settle();
        Assert.Equal(400, _swarm.Tasks.Count(t => t.Status.State == TaskState.Assigned));
        Assert.InRange(_swarm.Store.Commits.Max(c => c.Sum(o => o.Object?.CalculateSize() ?? 0)), 1 << 20, 32 << 20);
    }

    [Fact]
    public void More_than_one_transaction_holds_is_written_in_several()
    {
        _swarm.Tracing = false;
        _swarm.NodesIdle = true;
        _swarm.AddService("web", 4500);
        _swarm.Settle();
        Assert.Equal(4500, _swarm.Tasks.Count(t => t.Status.State == TaskState.Assigned));
        _swarm.Remove(ObjectKind.Service, "web");
        _swarm.NodesIdle = false;
        _swarm.Settle();
        Assert.Empty(_swarm.Tasks);
        Assert.All(_swarm.Store.Commits.Where(c => c.All(o => o.Object is SwarmTask { Status.State: TaskState.Assigned })), c => Assert.True(c.Count <= 2000));
    }
}
