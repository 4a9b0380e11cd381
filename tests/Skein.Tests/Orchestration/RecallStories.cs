using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Orchestration;

/// <summary>A node is taken for dead and comes back. While it is away the others are busy: what replaces its task does not run until they work.</summary>
public class RecallStories
{
    private readonly SwarmWorld _swarm = new(nodes: 3);

    public RecallStories()
    {
        _swarm.AddService("web", 2);
        _swarm.Settle();
        _swarm.TakeTrace();
        _swarm.NodesIdle = true;
    }

    [Fact]
    public void Back_before_another_runs_it_keeps_the_task_and_the_other_is_withdrawn()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Report("t3", TaskState.Preparing);
        _swarm.Up("n2");
        _swarm.Settle();
        _swarm.NodesIdle = false;
        _swarm.Pass(3600);
        Trace.Is(
            """
            0s t2 web.2 on n2 Running/Shutdown until it is back
            0s t3 web.2 on n3 Assigned/Running
            0s t2 web.2 on n2 Running/Running
            0s t3 web.2 on n3 Preparing/Shutdown
            0s t3 web.2 on n3 Shutdown/Shutdown
            """,
            _swarm);
    }

    [Fact]
    public void Back_after_another_runs_it_stops_the_task_which_its_node_is_told_with_its_first_assignments()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Report("t3", TaskState.Running);
        _swarm.Settle();
        Trace.Is(
            """
            0s t2 web.2 on n2 Running/Shutdown until it is back
            0s t3 web.2 on n3 Assigned/Running
            0s t2 web.2 on n2 Running/Shutdown
            """,
            _swarm);
    }

    [Fact]
    public void Back_in_the_moment_in_which_another_runs_it_stops_the_task()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Report("t3", TaskState.Running);
        _swarm.Up("n2");
        _swarm.NodesIdle = false;
        _swarm.Settle();
        Assert.Equal("t3 web.2 on n3 Running/Running\nt2 web.2 on n2 Shutdown/Shutdown", Slot2());
    }

    [Fact]
    public void A_replacement_that_fails_before_it_ever_ran_leaves_it_open()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Report("t3", TaskState.Rejected, "No such image");
        _swarm.Settle();
        _swarm.Up("n2");
        _swarm.NodesIdle = false;
        _swarm.Pass(60);
        Assert.Equal("t4 web.2 on n3 Shutdown/Shutdown\nt3 web.2 on n3 Rejected/Shutdown: No such image\nt2 web.2 on n2 Running/Running", Slot2());
    }

    [Fact]
    public void Without_a_node_to_go_to_the_task_is_there_when_its_node_is()
    {
        foreach (var node in (string[])["n1", "n2", "n3"]) _swarm.Down(node);
        _swarm.Settle();
        Assert.Equal(TaskState.Pending, _swarm.Tasks.Last().Status.State);
        foreach (var node in (string[])["n1", "n2", "n3"]) _swarm.Up(node);
        _swarm.NodesIdle = false;
        _swarm.Pass(60);
        Assert.Equal(["t1", "t2"], _swarm.Tasks.Where(t => t.Status.State == TaskState.Running).Select(t => t.Id));
    }

    [Fact]
    public void When_the_node_of_a_replacement_that_ran_falls_as_well_the_one_that_ran_last_comes_first()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Report("t3", TaskState.Running);
        _swarm.Down("n3");
        _swarm.Settle();
        Assert.Equal("t4 web.2 on n1 Assigned/Running\nt3 web.2 on n3 Running/Shutdown until it is back\nt2 web.2 on n2 Running/Shutdown until it is back", Slot2());
        _swarm.Up("n2");
        _swarm.Up("n3");
        _swarm.NodesIdle = false;
        _swarm.Settle();
        Assert.Equal("t4 web.2 on n1 Shutdown/Shutdown\nt3 web.2 on n3 Running/Running\nt2 web.2 on n2 Shutdown/Shutdown", Slot2());
    }

    [Fact]
    public void What_was_changed_meanwhile_is_not_taken_back()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Update("web", s => s.Task.Container.Image = "httpd:2");
        _swarm.Up("n2");
        _swarm.NodesIdle = false;
        _swarm.Pass(60);
        Assert.DoesNotContain(_swarm.Tasks, t => t.Status.State == TaskState.Running && t.Spec.Container.Image == "httpd:1");
    }

    [Theory]
    [InlineData("drained")]
    [InlineData("no longer fit")]
    public void A_node_that_is_back_and_may_not_run_it_any_more_stops_it(string why)
    {
        _swarm.Down("n2");
        _swarm.Settle();
        if (why == "drained") _swarm.Drain("n2");
        else _swarm.Update("web", s => s.Task.Placement = new() { Constraints = { "node.id!=n2" } });
        _swarm.Up("n2");
        _swarm.NodesIdle = false;
        _swarm.Pass(60);
        Assert.Equal(TaskState.Shutdown, _swarm.TaskOf("t2").Status.State);
        Assert.Single(_swarm.Tasks, t => t.Slot == 2 && t.Status.State == TaskState.Running && t.NodeId != "n2");
    }

    [Fact]
    public void A_node_that_is_removed_takes_it_along()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Remove(ObjectKind.Node, "n2");
        _swarm.NodesIdle = false;
        _swarm.Pass(60);
        Assert.Equal("t3 web.2 on n3 Running/Running", Slot2().Split('\n')[0]);
        Assert.Equal(TaskState.Orphaned, _swarm.TaskOf("t2").Status.State);
    }

    [Fact]
    public void A_slot_that_is_no_more_is_not_filled_again()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Scale("web", 1);
        _swarm.Up("n2");
        _swarm.NodesIdle = false;
        _swarm.Pass(60);
        Assert.Single(_swarm.Tasks, t => t.Status.State == TaskState.Running);
    }

    [Fact]
    public void A_service_that_starts_nothing_again_has_its_task_when_the_node_is_back()
    {
        _swarm.NodesIdle = false;
        _swarm.AddService("once", 1, s => s.Task.Restart = new() { Condition = RestartCondition.None });
        _swarm.Settle();
        var task = _swarm.Tasks.Single(t => t.ServiceId == "once");
        _swarm.Down(task.NodeId);
        _swarm.Settle();
        Assert.Equal(TaskState.Shutdown, _swarm.TaskOf(task.Id).DesiredState);
        _swarm.Up(task.NodeId);
        _swarm.Settle();
        Assert.Equal($"{task.Id} once.1 on {task.NodeId} Running/Running", _swarm.Ps("once"));
    }

    private string Slot2() => string.Join('\n', _swarm.Ps("web").Split('\n').Where(line => line.Contains(" web.2 ", StringComparison.Ordinal)));
}
