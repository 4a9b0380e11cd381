using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Xunit;

namespace Skein.Tests.Orchestration;

public class JobStories
{
    private readonly SwarmWorld _swarm = new(nodes: 2);

    [Fact]
    public void So_many_at_a_time_until_all_have_come_to_their_end()
    {
        Replicated(total: 3, concurrent: 2);
        _swarm.Settle();
        Assert.Equal(["0 Running", "1 Running"], Slots());
        End("t1", TaskState.Complete);
        Assert.Equal(["0 Complete", "1 Running", "2 Running"], Slots());
        End("t2", TaskState.Complete);
        End("t3", TaskState.Complete);
        _swarm.TakeTrace();
        _swarm.Pass(3600);
        Assert.Equal("", _swarm.TakeTrace());
        Assert.Equal(["0 Complete", "1 Complete", "2 Complete"], Slots());
        Assert.All(_swarm.Tasks, task => Assert.Equal(TaskState.Complete, task.DesiredState));
    }

    [Fact]
    public void The_first_is_named_by_its_node_as_Docker_does_for_a_slot_of_0()
    {
        Replicated(total: 2, concurrent: 2);
        _swarm.Settle();
        Assert.Equal([$"job.{_swarm.TaskOf("t1").NodeId}.t1", "job.1.t2"], _swarm.Tasks.Select(task => task.Annotations.Name));
    }

    [Fact]
    public void One_that_fails_is_tried_again_as_often_as_its_policy_allows_and_the_others_go_on()
    {
        Replicated(total: 2, concurrent: 1, s => s.Task.Restart = new() { Condition = RestartCondition.OnFailure, MaxAttempts = 1, Delay = 1_000_000_000 });
        _swarm.Settle();
        End("t1", TaskState.Failed);
        _swarm.TakeTrace();
        _swarm.Pass(1);
        Trace.Is(
            """
            1s t2 job on n1 Ready/Complete
            1s t2 job on n1 Running/Complete
            """,
            _swarm);
        End("t2", TaskState.Failed);
        Assert.Equal(["0 Failed", "0 Failed", "1 Running"], Slots());
        End("t3", TaskState.Complete);
        _swarm.Pass(3600);
        Assert.Equal(["0 Failed", "0 Failed", "1 Complete"], Slots());
    }

    [Fact]
    public void Without_restarts_a_failure_stays_one()
    {
        Replicated(total: 1, concurrent: 1, s => s.Task.Restart = new() { Condition = RestartCondition.None });
        _swarm.Settle();
        End("t1", TaskState.Failed);
        _swarm.Pass(3600);
        Assert.Equal(["0 Failed"], Slots());
    }

    [Fact]
    public void A_node_that_dies_takes_what_runs_and_nothing_of_what_is_done()
    {
        Replicated(total: 2, concurrent: 2);
        _swarm.Settle();
        var (first, second) = (_swarm.TaskOf("t1").NodeId, _swarm.TaskOf("t2").NodeId);
        Assert.NotEqual(first, second);
        End("t1", TaskState.Complete);
        _swarm.Down(first);
        _swarm.Pass(3600);
        Assert.Equal(["0 Complete", "1 Running"], Slots());
        _swarm.Up(first);
        _swarm.Down(second);
        _swarm.Pass(10);
        Assert.Equal(2, _swarm.Tasks.Count(t => t.Slot == 1));
        Assert.Equal((first, TaskState.Running), (_swarm.TaskOf("t3").NodeId, _swarm.TaskOf("t3").Status.State));
    }

    [Fact]
    public void An_update_runs_it_anew_and_takes_away_what_still_runs_of_the_old()
    {
        Replicated(total: 2, concurrent: 2);
        _swarm.Settle();
        End("t1", TaskState.Complete);
        _swarm.Update("job", spec => spec.Annotations.Labels["again"] = "yes");
        _swarm.Settle();
        Assert.Null(_swarm.Current.Tasks.Find("t2"));
        Assert.Equal(["0:0 Complete", "0:1 Running", "1:1 Running"], _swarm.Tasks.OrderBy(t => t.Slot).Select(t => $"{t.Slot}:{t.JobIteration} {t.Status.State}"));
        Assert.Null(_swarm.Current.Services.Find("job")!.UpdateStatus);
    }

    [Fact]
    public void Nothing_at_a_time_is_nothing()
    {
        Replicated(total: 2, concurrent: 0);
        _swarm.Pass(60);
        Assert.Empty(_swarm.Tasks);
    }

    [Fact]
    public void A_global_job_runs_once_on_each_node_that_is_there()
    {
        _swarm.AddService("job", replicas: null, spec => spec.GlobalJob = new());
        _swarm.Settle();
        Assert.Equal("t1 job on n1 Running/Complete\nt2 job on n2 Running/Complete", _swarm.Ps("job"));
        End("t1", TaskState.Complete);
        _swarm.AddNode("n3");
        _swarm.Pass(3600);
        Assert.Equal("t1 job on n1 Complete/Complete\nt2 job on n2 Running/Complete", _swarm.Ps("job"));
        _swarm.Update("job", spec => spec.Task.ForceUpdate++);
        _swarm.Settle();
        Assert.Equal("t3 job on n1 Running/Complete\nt1 job on n1 Complete/Complete\nt4 job on n2 Running/Complete\nt5 job on n3 Running/Complete", _swarm.Ps("job"));
    }

    [Fact]
    public void A_global_job_is_done_where_it_is_done_whatever_becomes_of_the_node()
    {
        _swarm.AddService("job", replicas: null, spec => spec.GlobalJob = new());
        _swarm.Settle();
        End("t1", TaskState.Complete);
        _swarm.Drain("n1");
        _swarm.Drain("n2");
        _swarm.Settle();
        _swarm.Activate("n1");
        _swarm.Activate("n2");
        _swarm.Pass(60);
        Assert.Equal("t1 job on n1 Complete/Complete\nt3 job on n2 Running/Complete\nt2 job on n2 Shutdown/Shutdown", _swarm.Ps("job"));
    }

    [Fact]
    public void A_job_that_is_removed_leaves_nothing()
    {
        Replicated(total: 2, concurrent: 2);
        _swarm.Settle();
        End("t1", TaskState.Complete);
        _swarm.Remove(ObjectKind.Service, "job");
        _swarm.Pass(60);
        Assert.Empty(_swarm.Tasks);
    }

    [Fact]
    public void What_is_done_takes_no_place_on_its_node()
    {
        Replicated(total: 1, concurrent: 1, s => s.Task.Resources = new() { Reservations = new() { NanoCpus = 4_000_000_000 } });
        _swarm.Drain("n2");
        _swarm.Settle();
        End("t1", TaskState.Complete);
        _swarm.AddService("web", 1, spec => spec.Task.Resources = new() { Reservations = new() { NanoCpus = 4_000_000_000 } });
        _swarm.Settle();
        Assert.Equal(TaskState.Running, _swarm.TaskOf("t2").Status.State);
    }

    private void Replicated(ulong total, ulong concurrent, Action<ServiceSpec>? change = null) => _swarm.AddService("job", replicas: null, spec =>
    {
        spec.ReplicatedJob = new() { TotalCompletions = total, MaxConcurrent = concurrent };
        change?.Invoke(spec);
    });

    private void End(string task, TaskState state)
    {
        _swarm.Report(task, state);
        _swarm.Settle();
    }

    private IEnumerable<string> Slots() => _swarm.Tasks.OrderBy(t => t.Slot).Select(t => $"{t.Slot} {t.Status.State}");
}
