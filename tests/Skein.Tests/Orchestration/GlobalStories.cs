using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Orchestration;

public class GlobalStories
{
    private readonly SwarmWorld _swarm = new(nodes: 2);

    public GlobalStories()
    {
        _swarm.AddService("agent", replicas: null);
        _swarm.Settle();
    }

    [Fact]
    public void Every_node_has_one_and_a_new_node_gets_one()
    {
        Assert.Equal("t1 agent on n1 Running/Running\nt2 agent on n2 Running/Running", _swarm.Ps("agent"));
        Assert.Equal("agent.n1.t1", _swarm.TaskOf("t1").Annotations.Name);
        _swarm.AddNode("n3");
        _swarm.Settle();
        Assert.Equal(TaskState.Running, _swarm.TaskOf("t3").Status.State);
        Assert.Equal("n3", _swarm.TaskOf("t3").NodeId);
    }

    [Fact]
    public void One_that_dies_is_replaced_on_its_node_after_the_delay()
    {
        _swarm.TakeTrace();
        _swarm.Report("t1", TaskState.Failed);
        _swarm.Pass(10);
        Trace.Is(
            """
            0s t1 agent on n1 Failed/Shutdown
            0s t3 agent on n1 Assigned/Ready
            0s t3 agent on n1 Ready/Ready
            5s t3 agent on n1 Ready/Running
            5s t3 agent on n1 Running/Running
            """,
            _swarm);
    }

    [Fact]
    public void A_drained_node_loses_it_and_gets_one_again_when_active()
    {
        _swarm.Drain("n1");
        _swarm.Settle();
        Assert.Equal("t1 agent on n1 Shutdown/Shutdown\nt2 agent on n2 Running/Running", _swarm.Ps("agent"));
        _swarm.Activate("n1");
        _swarm.Settle();
        Assert.Equal("t3 agent on n1 Running/Running\nt1 agent on n1 Shutdown/Shutdown\nt2 agent on n2 Running/Running", _swarm.Ps("agent"));
    }

    [Fact]
    public void A_node_that_was_taken_for_dead_keeps_its_own()
    {
        _swarm.Down("n2");
        _swarm.Pass(3600);
        Assert.Equal(TaskState.Shutdown, _swarm.TaskOf("t2").DesiredState);
        _swarm.Up("n2");
        _swarm.Pass(60);
        Assert.Equal("t1 agent on n1 Running/Running\nt2 agent on n2 Running/Running", _swarm.Ps("agent"));
    }

    [Fact]
    public void A_node_that_was_restarted_says_that_the_old_has_ended_and_runs_a_new_one_at_once()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.TakeTrace();
        _swarm.Up("n2");
        _swarm.Settle();
        _swarm.Report("t2", TaskState.Failed, "task: non-zero exit (137)");
        _swarm.Settle();
        Trace.Is(
            """
            0s t2 agent on n2 Running/Running
            0s t2 agent on n2 Failed/Shutdown: task: non-zero exit (137)
            0s t3 agent on n2 Assigned/Running
            0s t3 agent on n2 Ready/Running
            0s t3 agent on n2 Running/Running
            """,
            _swarm);
    }

    [Fact]
    public void A_node_that_was_drained_while_it_was_down_keeps_nothing()
    {
        _swarm.Down("n2");
        _swarm.Settle();
        _swarm.Drain("n2");
        _swarm.Settle();
        _swarm.Up("n2");
        _swarm.Settle();
        Assert.Equal("t1 agent on n1 Running/Running\nt2 agent on n2 Shutdown/Shutdown", _swarm.Ps("agent"));
    }

    [Fact]
    public void Nodes_that_do_not_meet_the_constraints_have_none()
    {
        _swarm.Change("n1", n => n.Spec.Role = NodeRole.Manager);
        _swarm.Update("agent", s => s.Task.Placement = new() { Constraints = { "node.role==worker" } });
        _swarm.Pass(10);
        Assert.Equal("t1 agent on n1 Shutdown/Shutdown\nt2 agent on n2 Running/Running", _swarm.Ps("agent"));
    }

    [Fact]
    public void A_node_removed_takes_its_task_along()
    {
        _swarm.Remove(ObjectKind.Node, "n2");
        _swarm.Settle();
        Assert.Equal("t1 agent on n1 Running/Running", _swarm.Ps("agent"));
    }

    [Fact]
    public void One_that_finds_no_room_on_its_node_says_why()
    {
        _swarm.AddService("big", null, s => s.Task.Resources = new() { Reservations = new() { NanoCpus = 5_000_000_000 } });
        _swarm.Settle();
        Assert.Equal("t3 big on n1 Pending/Running: insufficient resources on 1 node\nt4 big on n2 Pending/Running: insufficient resources on 1 node", _swarm.Ps("big"));
    }
}
