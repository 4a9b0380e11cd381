using Skein.Model;
using Skein.Model.Specs;
using Skein.Tests.Orchestration;
using Xunit;

namespace Skein.Tests.Scheduling;

public class SchedulingStories
{
    private readonly SwarmWorld _swarm = new();

    [Fact]
    public void Tasks_spread_over_the_nodes_and_new_ones_fill_the_gaps()
    {
        Nodes(3);
        _swarm.AddService("web", 6);
        _swarm.Settle();
        Assert.Equal([2, 2, 2], PerNode("web"));
        _swarm.AddNode("n4");
        _swarm.Scale("web", 8);
        _swarm.Settle();
        Assert.Equal([2, 2, 2, 2], PerNode("web"));
    }

    [Fact]
    public void Among_nodes_equal_for_the_service_the_least_busy_is_taken()
    {
        Nodes(2);
        _swarm.AddService("a", 1);
        _swarm.Settle();
        _swarm.AddService("b", 1);
        _swarm.Settle();
        Assert.NotEqual(_swarm.TaskOf("t1").NodeId, _swarm.TaskOf("t2").NodeId);
    }

    [Fact]
    public void With_no_node_at_all_there_is_no_suitable_one()
    {
        _swarm.AddService("web", 1);
        _swarm.Settle();
        Assert.Equal("t1 web.1 Pending/Running: no suitable node", _swarm.Ps("web"));
        Assert.Equal("pending task scheduling", _swarm.TaskOf("t1").Status.Message);
    }

    [Fact]
    public void Reasons_stand_most_frequent_first_and_the_task_runs_once_they_are_gone()
    {
        _swarm.AddNode("n1", n => n.Status.State = NodeState.Down);
        Nodes(3, from: 2);
        _swarm.Change("n2", n => n.Spec.Annotations.Labels["disk"] = "ssd");
        _swarm.AddService("web", 1, s =>
        {
            s.Task.Placement = new() { Constraints = { "node.labels.disk==ssd" } };
            s.Task.Resources = new() { Reservations = new() { MemoryBytes = 9L << 30 } };
        });
        _swarm.Settle();
        Assert.Equal("t1 web.1 Pending/Running: no suitable node (insufficient resources on 3 nodes; 1 node not available for new tasks)", _swarm.Ps("web"));
        _swarm.Change("n4", n => n.Description.Resources.MemoryBytes = 16L << 30);
        _swarm.Settle();
        Assert.Equal(
            "t1 web.1 Pending/Running: no suitable node (insufficient resources on 2 nodes; 1 node not available for new tasks; scheduling constraints not satisfied on 1 node)",
            _swarm.Ps("web"));
        _swarm.Change("n4", n => n.Spec.Annotations.Labels["disk"] = "SSD");
        _swarm.Settle();
        Assert.Equal("t1 web.1 on n4 Running/Running", _swarm.Ps("web"));
    }

    [Fact]
    public void Generic_resources_are_given_by_number_or_name_and_come_back_with_their_task()
    {
        Nodes(2);
        _swarm.Change("n1", n => n.Description.Resources.Generic.Add(GenericResources.Parse(["gpu=UUID2", "gpu=UUID1", "gpu=UUID3"])));
        _swarm.Change("n2", n => n.Description.Resources.Generic.Add(GenericResources.Parse(["gpu=2", "ssd=1"])));
        _swarm.AddService("train", 3, s => s.Task.Resources = Reserving("gpu", 2));
        _swarm.Settle();
        Assert.Equal(["n1: gpu UUID1, gpu UUID2", "n2: gpu 2"], Given("train"));
        var waiting = Assert.Single(_swarm.Tasks, t => t.Status.State == TaskState.Pending);
        Assert.Equal("no suitable node (insufficient resources on 2 nodes)", waiting.Status.Err);

        _swarm.AddService("cache", 1, s => s.Task.Resources = Reserving("ssd", 1));
        _swarm.Settle();
        Assert.Equal(["n2: ssd 1"], Given("cache"));
        _swarm.Update("train", s => s.Task.Resources = Reserving("gpu", 1));
        _swarm.Pass(120);
        Assert.Equal(3, Given("train").Count());
        Assert.Equal(3, _swarm.Tasks.Count(t => t.Status.State == TaskState.Running && t.Spec.Resources.Reservations.Generic[0] is { Kind: "gpu", Count: 1 }));

        IEnumerable<string> Given(string service) => _swarm.Tasks
            .Where(t => t.ServiceAnnotations.Name == service && t.Status.State == TaskState.Running)
            .Select(t => $"{t.NodeId}: {string.Join(", ", t.GenericResources.Select(g => $"{g.Kind} {(g.Name.Length > 0 ? g.Name : $"{g.Count}")}"))}")
            .Order(StringComparer.Ordinal);
    }

    private static ResourceRequirements Reserving(string kind, long count) =>
        new() { Reservations = new() { Generic = { new GenericResource { Kind = kind, Count = count } } } };

    [Fact]
    public void A_host_port_is_one_per_node_and_free_when_its_task_has_ended()
    {
        Nodes(2);
        _swarm.AddService("web", 3, s => s.Endpoint.Ports.Add(new PortConfig { TargetPort = 80, PublishedPort = 80, PublishMode = PublishMode.Host }));
        _swarm.Settle();
        Assert.Equal("no suitable node (host-mode port already in use on 2 nodes)", _swarm.TaskOf("t3").Status.Err);
        _swarm.Scale("web", 2);
        _swarm.Settle();
        _swarm.Update("web", s => s.Task.Container.Image = "httpd:2");
        _swarm.Pass(60);
        Assert.Equal(2, _swarm.Tasks.Count(t => t.Status.State == TaskState.Running && t.Spec.Container.Image == "httpd:2"));
    }

    [Fact]
    public void No_more_replicas_on_a_node_than_allowed()
    {
        Nodes(2);
        _swarm.AddService("web", 3, s => s.Task.Placement = new() { MaxReplicas = 1 });
        _swarm.Settle();
        Assert.Equal("t3 web.3 Pending/Running: no suitable node (max replicas per node limit exceed)", _swarm.Ps("web").Split('\n')[2]);
    }

    [Fact]
    public void An_image_for_another_platform_is_not_placed()
    {
        Nodes(2);
        _swarm.AddService("arm", 1, s => s.Task.Placement = new() { Platforms = { new Platform { Architecture = "arm64", Os = "linux" } } });
        _swarm.AddService("amd", 1, s => s.Task.Placement = new() { Platforms = { new Platform { Architecture = "amd64", Os = "linux" } } });
        _swarm.Settle();
        Assert.EndsWith("no suitable node (unsupported platform on 2 nodes)", _swarm.Ps("arm"));
        Assert.EndsWith("Running/Running", _swarm.Ps("amd"));
    }

    [Fact]
    public void What_a_node_has_to_allow_is_placed_where_it_does()
    {
        Nodes(2);
        _swarm.AddService("fuse", 2, s => s.Task.Container.Labels["skein.devices"] = "/dev/fuse");
        _swarm.AddService("root", 1, s => s.Annotations.Labels["skein.privileged"] = "true");
        _swarm.Settle();
        Assert.EndsWith("no suitable node (skein.privileged, skein.devices or skein.gpus not allowed by \"allow-services\" of 2 nodes)", _swarm.Ps("fuse"));
        _swarm.AddNode("n3", node => node.Description.AllowServices.Add("devices"));
        _swarm.Settle();
        Assert.Equal([0, 0, 2], PerNode("fuse"));
        Assert.EndsWith("of 3 nodes)", _swarm.Ps("root"));
    }

    [Fact]
    public void Reservations_add_up()
    {
        Nodes(1);
        _swarm.AddService("web", 5, s => s.Task.Resources = new() { Reservations = new() { NanoCpus = 1_000_000_000 } });
        _swarm.Settle();
        Assert.Equal(4, _swarm.Tasks.Count(t => t.Status.State == TaskState.Running));
        Assert.Equal("no suitable node (insufficient resources on 1 node)", _swarm.TaskOf("t5").Status.Err);
    }

    [Fact]
    public void Preferences_spread_over_the_values_of_a_label_first()
    {
        // Three nodes in one room, one in the other: the rooms get the same.
        Nodes(4);
        foreach (var node in (string[])["n1", "n2", "n3"]) _swarm.Change(node, n => n.Spec.Annotations.Labels["room"] = "a");
        _swarm.Change("n4", n => n.Spec.Annotations.Labels["room"] = "b");
        _swarm.AddService("web", 6, s => s.Task.Placement = new() { Preferences = { new PlacementPreference { Spread = "node.labels.room" } } });
        _swarm.Settle();
        Assert.Equal([1, 1, 1, 3], PerNode("web"));
    }

    [Fact]
    public void A_node_where_it_failed_five_times_within_five_minutes_comes_last()
    {
        Nodes(2);
        _swarm.AddService("ballast", 1, s => s.Task.Placement = new() { Constraints = { "node.id==n2" } });
        _swarm.AddService("web", 1, s => s.Task.Restart = new() { Delay = 0 });
        _swarm.Settle();
        for (var i = 0; i < 5; i++)
        {
            var task = _swarm.Tasks.Single(t => t.ServiceId == "web" && t.DesiredState == TaskState.Running);
            Assert.Equal("n1", task.NodeId);
            _swarm.Report(task.Id, TaskState.Failed);
            _swarm.Settle();
        }
        Assert.Equal("n2", _swarm.Tasks.Single(t => t.ServiceId == "web" && t.DesiredState == TaskState.Running).NodeId);
    }

    [Fact]
    public void A_thousand_tasks_on_a_thousand_nodes_take_seconds_at_most()
    {
        _swarm.Tracing = false;
        _swarm.NodesIdle = true;
        Nodes(1000);
        _swarm.AddNetwork("net", n => n.Ipam.Add(new IpamConfig { Subnet = "10.1.0.0/16" }));
        _swarm.AddService("web", 2000, s => s.Task.Networks.Add(new NetworkAttachmentConfig { Target = "net" }));
        var started = System.Diagnostics.Stopwatch.StartNew();
        _swarm.Settle();
        // On a quiet machine it takes 0.1 s; being quadratic anywhere would take minutes.
        Assert.True(started.Elapsed < Poll.Patience, $"took {started.Elapsed}");
        Assert.All(PerNode("web"), count => Assert.Equal(2, count));
    }

    private void Nodes(int count, int from = 1)
    {
        for (var i = from; i < from + count; i++) _swarm.AddNode($"n{i}");
    }

    private int[] PerNode(string service) =>
        _swarm.Current.Nodes.All.OrderBy(n => n.Id).Select(n => _swarm.Tasks.Count(t => t.ServiceId == service && t.NodeId == n.Id)).ToArray();
}
