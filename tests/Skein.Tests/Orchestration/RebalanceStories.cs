using CsCheck;
using Skein.Model;
using Skein.Model.Specs;
using Xunit;

namespace Skein.Tests.Orchestration;

public sealed class RebalanceStories
{
    private readonly SwarmWorld _swarm = new(nodes: 2);

    [Fact]
    public void A_node_that_comes_is_given_tasks_one_after_the_other_each_running_before_the_old_one_stops()
    {
        AddWeb(5, "on");
        _swarm.AddNode("n3", n => n.Meta.CreatedAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(_swarm.Now));
        _swarm.Pass(9);
        Assert.Equal("", _swarm.TakeTrace());
        _swarm.Pass(300);
        Trace.Is(
            """
            10s t6 web.5 on n3 Assigned/Running
            10s t6 web.5 on n3 Ready/Running
            10s t6 web.5 on n3 Running/Running
            10s t5 web.5 on n1 Running/Shutdown
            10s t5 web.5 on n1 Shutdown/Shutdown
            """,
            _swarm);
        Assert.Equal("moved to host-n3 to even out the service's tasks (skein.rebalance)", _swarm.TaskOf("t5").Note);
        Assert.Equal("moved from host-n1 to host-n3, which has fewer of the service's tasks", _swarm.TaskOf("t6").Note);
        Assert.Equal([2, 2, 1], PerNode("n1", "n2", "n3"));
    }

    [Fact]
    public void Between_two_moves_the_pause_passes()
    {
        AddWeb(9, "2m");
        _swarm.AddNode("n3");
        _swarm.Settle();
        Assert.Equal(1, PerNode("n3")[0]);
        _swarm.Pass(119);
        Assert.Equal(1, PerNode("n3")[0]);
        _swarm.Pass(1);
        Assert.Equal(2, PerNode("n3")[0]);
        _swarm.Pass(1000);
        Assert.Equal([3, 3, 3], PerNode("n1", "n2", "n3"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("off")]
    public void Without_the_wish_healthy_tasks_stay(string? label)
    {
        AddWeb(6, label);
        _swarm.AddNode("n3");
        _swarm.Pass(3600);
        Assert.Equal([3, 3, 0], PerNode("n1", "n2", "n3"));
    }

    [Fact]
    public void An_update_goes_before_and_gives_up_a_move_that_is_under_way()
    {
        AddWeb(6, "on");
        _swarm.AddNode("n3");
        _swarm.NodesIdle = true;
        _swarm.Settle();
        Assert.Equal("n1", _swarm.TaskOf("t7").MovedFrom);
        _swarm.Update("web", s => s.Task.Container.Image = "httpd:2");
        _swarm.NodesIdle = false;
        _swarm.Pass(5);
        Assert.Equal((TaskState.Shutdown, "move from host-n1 given up"), (_swarm.TaskOf("t7").DesiredState, _swarm.TaskOf("t7").Note));
        _swarm.Pass(600);
        Assert.Equal(6, _swarm.Tasks.Count(t => t.Status.State == TaskState.Running && t.Spec.Container.Image == "httpd:2"));
        Assert.Equal([2, 2, 2], PerNode("n1", "n2", "n3"));
    }

    [Fact]
    public void A_node_on_which_a_move_fails_is_left_alone_for_a_while_and_the_old_task_goes_on()
    {
        AddWeb(4, "1s");
        _swarm.AddNode("n3");
        _swarm.NodesIdle = true;
        _swarm.Settle();
        _swarm.Report("t5", TaskState.Rejected, "No such image: httpd:1");
        _swarm.NodesIdle = false;
        _swarm.Pass(599);
        Assert.Equal([2, 2, 0], PerNode("n1", "n2", "n3"));
        Assert.Equal(5, _swarm.Tasks.Count());
        _swarm.Pass(100);
        Assert.Equal(1, PerNode("n3")[0]);
    }

    [Fact]
    public void Branches_are_evened_before_nodes_and_a_step_that_evens_nothing_is_not_made()
    {
        foreach (var node in (string[])["n1", "n2"]) _swarm.Change(node, n => n.Spec.Annotations.Labels["zone"] = "a");
        AddWeb(6, "1s", s => s.Task.Placement = new() { Preferences = { new PlacementPreference { Spread = "node.labels.zone" } } });
        _swarm.AddNode("n3", n => n.Spec.Annotations.Labels["zone"] = "b");
        _swarm.Pass(600);
        // Three a zone, though the third node has more than either of the others.
        Assert.Equal([1, 2, 3], PerNode("n1", "n2", "n3").Order());
        Assert.Equal(3, PerNode("n3")[0]);
    }

    [Fact]
    public void What_the_scheduler_would_not_do_is_not_done_either()
    {
        AddWeb(4, "1s", s =>
        {
            s.Task.Placement = new() { Constraints = { "node.labels.disk==ssd" } };
            s.Endpoint.Ports.Add(new PortConfig { TargetPort = 80, PublishedPort = 0, PublishMode = PublishMode.Ingress });
        }, label: "ssd");
        _swarm.AddNode("n3");
        _swarm.AddNode("n4", n => { n.Spec.Annotations.Labels["disk"] = "ssd"; n.Spec.Availability = NodeAvailability.Pause; });
        _swarm.Pass(600);
        Assert.Equal([2, 2, 0, 0], PerNode("n1", "n2", "n3", "n4"));
        _swarm.Activate("n4");
        _swarm.Pass(600);
        Assert.Equal(1, PerNode("n4")[0]);
    }

    [Fact]
    public void A_moved_task_counts_as_no_restart()
    {
        AddWeb(4, "1s", s => s.Task.Restart = new() { MaxAttempts = 1 });
        _swarm.AddNode("n3");
        _swarm.Pass(60);
        _swarm.Report("t5", TaskState.Failed);
        _swarm.Pass(60);
        Assert.Equal(4, PerNode("n1", "n2", "n3").Sum());
    }

    /// <summary>Nodes come, go and are drained, tasks fail: in the end it is even, nothing moves any more, and a move alone takes no task away.</summary>
    [Fact]
    public void Moves_come_to_an_end_and_never_take_the_service_below_its_number() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 3], Gen.Int[0, 40]).Array[1, 20].Sample(
            events =>
            {
                var swarm = new SwarmWorld(nodes: 4) { Tracing = false };
                swarm.AddService("web", 7, s => s.Annotations.Labels[Rebalance.Label] = "3s");
                swarm.AddService("other", 3);
                swarm.Settle();
                foreach (var (what, which, seconds) in events)
                {
                    var node = $"n{which + 1}";
                    switch (what)
                    {
                        case 0: swarm.Down(node); break;
                        case 1: swarm.Up(node); break;
                        case 2: swarm.Drain(node); break;
                        case 3: swarm.Activate(node); break;
                        case 4 when swarm.Tasks.Where(t => t.Status.State == TaskState.Running).Skip(which).FirstOrDefault() is { } task: swarm.Report(task.Id, TaskState.Failed); break;
                    }
                    swarm.Pass(seconds);
                }
                foreach (var node in (string[])["n1", "n2", "n3", "n4"])
                {
                    swarm.Up(node);
                    swarm.Activate(node);
                }
                swarm.Settle();
                swarm.Pass(30);
                for (var i = 0; i < 200; i++)
                {
                    swarm.Pass(4);
                    var running = swarm.Tasks.Count(t => t.ServiceId == "web" && t.DesiredState == TaskState.Running && t.Status.State == TaskState.Running);
                    Assert.True(running >= 7, $"{running} of 7 run:\n{swarm.Ps("web")}");
                }
                var perNode = swarm.Current.Nodes.All.Select(n => Running(swarm, n.Id)).Order().ToList();
                Assert.True(perNode[^1] - perNode[0] <= 1, $"uneven: {string.Join(' ', perNode)}\n{swarm.Ps("web")}");
                var before = swarm.Current.Revision;
                swarm.Pass(7200);
                Assert.Equal(before, swarm.Current.Revision);
            },
            iter: 40,
            threads: 1);

    [Theory]
    [InlineData("on", 30)]
    [InlineData("true", 30)]
    [InlineData("off", null)]
    [InlineData("false", null)]
    [InlineData("1m30s", 90)]
    public void Its_values_are_on_off_and_pauses(string text, int? seconds)
    {
        Assert.True(Rebalance.TryParse(text, out var pause));
        Assert.Equal(seconds, pause?.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yes")]
    [InlineData("0s")]
    [InlineData("25h")]
    public void Others_are_none(string text) => Assert.False(Rebalance.TryParse(text, out _));

    private void AddWeb(ulong replicas, string? rebalance, Action<ServiceSpec>? change = null, string? label = null)
    {
        if (label is not null)
        {
            foreach (var node in (string[])["n1", "n2"]) _swarm.Change(node, n => n.Spec.Annotations.Labels["disk"] = label);
        }
        _swarm.AddService("web", replicas, s =>
        {
            if (rebalance is not null) s.Annotations.Labels[Rebalance.Label] = rebalance;
            change?.Invoke(s);
        });
        _swarm.Settle();
        _swarm.TakeTrace();
    }

    private int[] PerNode(params string[] nodes) => [.. nodes.Select(node => Running(_swarm, node))];

    private static int Running(SwarmWorld swarm, string node) =>
        swarm.Tasks.Count(t => t.ServiceId == "web" && t.NodeId == node && t.Status.State == TaskState.Running && t.DesiredState == TaskState.Running);
}
