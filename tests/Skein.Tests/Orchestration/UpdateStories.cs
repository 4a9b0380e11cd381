using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Control;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Orchestration;

public class UpdateStories
{
    private readonly SwarmWorld _swarm = new(nodes: 2);

    [Fact]
    public void Slot_by_slot_the_old_stops_and_the_new_starts()
    {
        Running(2, update: null);
        NewImage("httpd:2");
        _swarm.Pass(10);
        Trace.Is(
            """
            0s web: update in progress
            0s t1 web.1 on n1 Running/Shutdown
            0s t3 web.1 on n1 Assigned/Ready
            0s t1 web.1 on n1 Shutdown/Shutdown
            0s t3 web.1 on n1 Ready/Ready
            0s t3 web.1 on n1 Ready/Running
            0s t3 web.1 on n1 Running/Running
            0s t2 web.2 on n2 Running/Shutdown
            0s t3 web.1 on n1 Running/Running
            0s t4 web.2 on n2 Assigned/Ready
            0s t2 web.2 on n2 Shutdown/Shutdown
            0s t4 web.2 on n2 Ready/Ready
            0s t4 web.2 on n2 Ready/Running
            0s t4 web.2 on n2 Running/Running
            0s t4 web.2 on n2 Running/Running
            5s web: update completed
            """,
            _swarm);
        Assert.Equal(SwarmWorld.Start.AddSeconds(5), Status.CompletedAt.ToDateTimeOffset());
    }

    [Fact]
    public void Start_first_keeps_the_old_until_the_new_is_healthy()
    {
        Running(1, new() { Parallelism = 1, Order = "start-first" });
        NewImage("httpd:2");
        _swarm.Pass(10);
        Trace.Is(
            """
            0s web: update in progress
            0s t2 web.1 on n2 Assigned/Running
            0s t2 web.1 on n2 Ready/Running
            0s t2 web.1 on n2 Running/Running
            0s t1 web.1 on n1 Running/Shutdown
            0s t2 web.1 on n2 Running/Running
            0s t1 web.1 on n1 Shutdown/Shutdown
            5s web: update completed
            """,
            _swarm);
    }

    [Fact]
    public void Start_first_beside_a_port_of_the_host_pauses_with_its_reason()
    {
        Running(2, new() { Parallelism = 1, Order = "start-first" }, change: s => s.Endpoint.Ports.Add(
            new PortConfig { TargetPort = 80, PublishedPort = 8080, PublishMode = PublishMode.Host }));
        NewImage("httpd:2");
        _swarm.Pass(29);
        Assert.Equal(UpdateState.Updating, Status.State);
        Assert.Equal("no suitable node (host-mode port already in use on 2 nodes)", _swarm.TaskOf("t3").Status.Err);
        _swarm.Pass(1);
        Assert.Equal(UpdateState.Paused, Status.State);
        Assert.Equal(
            "update paused since task t3 finds no node to start on before the one it replaces stops: no suitable node (host-mode port already in use on 2 nodes)",
            Status.Message);
        Assert.Equal(2, _swarm.Tasks.Count(t => t.Status.State == TaskState.Running));
    }

    [Fact]
    public void Start_first_beyond_max_replicas_per_node_rolls_back_when_told_to()
    {
        Running(2, new() { Parallelism = 1, Order = "start-first", FailureAction = "rollback" },
            change: s => s.Task.Placement = new() { MaxReplicas = 1 });
        NewImage("httpd:2");
        _swarm.TakeTrace();
        _swarm.Pass(30);
        Assert.Contains("30s web: update rolled back since task t3 finds no node", _swarm.TakeTrace(), StringComparison.Ordinal);
        Assert.Equal("rollback completed", Status.Message);
        Assert.Equal(2, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:1" && t.Status.State == TaskState.Running));
    }

    [Fact]
    public void A_delay_passes_between_the_slots()
    {
        Running(3, new() { Parallelism = 1, Delay = 10_000_000_000 });
        NewImage("httpd:2");
        _swarm.Pass(9);
        Assert.Equal(1, Updated);
        _swarm.Pass(1);
        Assert.Equal(2, Updated);
        _swarm.Pass(10);
        Assert.Equal(3, Updated);
        // The last slot's delay, then the monitor: delay + 1 s, being no longer than the delay.
        _swarm.Pass(20.9);
        Assert.Equal(UpdateState.Updating, Status.State);
        _swarm.Pass(0.1);
        Assert.Equal(UpdateState.Completed, Status.State);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(0, 5)]
    public void As_many_slots_at_once_as_parallelism_says(ulong parallelism, int atOnce)
    {
        Running(5, new() { Parallelism = parallelism });
        NewImage("httpd:2");
        _swarm.NodesIdle = true;
        _swarm.Settle();
        Assert.Equal(atOnce, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:2"));
    }

    [Fact]
    public void A_failing_update_pauses_and_leaves_the_rest_as_it_is()
    {
        Running(3, update: null);
        _swarm.Ends("httpd:2", TaskState.Failed);
        NewImage("httpd:2");
        _swarm.Pass(2);
        Assert.Equal(UpdateState.Paused, Status.State);
        Assert.Equal("update paused due to failure or early termination of task t4", Status.Message);
        Assert.Equal(2, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:1" && t.Status.State == TaskState.Running));
    }

    [Fact]
    public void A_task_that_fails_within_the_monitors_time_fails_the_update()
    {
        Running(1, update: null);
        NewImage("httpd:2");
        _swarm.Pass(4.9);
        _swarm.Report("t2", TaskState.Failed);
        _swarm.Settle();
        Assert.Equal(UpdateState.Paused, Status.State);
    }

    [Fact]
    public void A_task_that_ran_longer_than_the_monitor_does_not_fail_the_update()
    {
        Running(2, new() { Parallelism = 1, Delay = 60_000_000_000 });
        NewImage("httpd:2");
        // Monitor becomes 61 s; the first slot's task is past it when the second slot is still being watched.
        _swarm.Pass(100);
        _swarm.Report("t3", TaskState.Failed);
        _swarm.Settle();
        Assert.Equal(UpdateState.Updating, Status.State);
    }

    [Fact]
    public void A_failing_update_rolls_back_when_told_to()
    {
        Running(2, new() { Parallelism = 1, FailureAction = "rollback" });
        _swarm.Ends("httpd:2", TaskState.Rejected);
        NewImage("httpd:2");
        _swarm.Pass(2);
        Assert.Equal("update rolled back due to failure or early termination of task t3", Status.Message);
        _swarm.Pass(60);
        Assert.Equal("rollback completed", Status.Message);
        Assert.Equal(2, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:1" && t.Status.State == TaskState.Running));
        Assert.Null(_swarm.Current.Services.Find("web")!.PreviousSpec);
    }

    [Fact]
    public void A_rollback_that_fails_pauses()
    {
        Running(1, new() { Parallelism = 1, FailureAction = "rollback" });
        _swarm.Pass(1);
        _swarm.Ends("httpd:2", TaskState.Rejected);
        _swarm.Ends("httpd:1", TaskState.Rejected);
        NewImage("httpd:2");
        _swarm.Pass(60);
        Assert.StartsWith("rollback paused due to failure or early termination of task ", Status.Message);
        Assert.Equal(UpdateState.RollbackPaused, Status.State);
    }

    [Fact]
    public void Failures_below_the_ratio_are_borne()
    {
        Running(4, new() { Parallelism = 1, MaxFailureRatio = 0.25 });
        NewImage("httpd:2");
        _swarm.NodesIdle = true;
        _swarm.Settle();
        _swarm.Report("t5", TaskState.Failed);
        _swarm.NodesIdle = false;
        _swarm.Pass(20);
        Assert.Equal("update completed", Status.Message);
        Assert.Equal(4, Updated);
    }

    [Fact]
    public void With_continue_every_slot_is_tried_once()
    {
        Running(3, new() { Parallelism = 1, FailureAction = "continue" });
        _swarm.Ends("httpd:2", TaskState.Failed);
        NewImage("httpd:2");
        _swarm.Pass(60);
        Assert.Equal("update completed", Status.Message);
        Assert.DoesNotContain(_swarm.Tasks, t => t.Spec.Container.Image == "httpd:1" && t.DesiredState <= TaskState.Running);
    }

    [Fact]
    public void A_second_update_takes_over_from_the_first()
    {
        Running(4, new() { Parallelism = 1, Delay = 30_000_000_000 });
        NewImage("httpd:2");
        _swarm.Pass(10);
        NewImage("httpd:3");
        _swarm.Pass(600);
        Assert.Equal("update completed", Status.Message);
        Assert.All(_swarm.Tasks.Where(t => t.DesiredState <= TaskState.Running), t => Assert.Equal("httpd:3", t.Spec.Container.Image));
    }

    [Fact]
    public void Scaling_changes_no_container_and_is_no_update()
    {
        Running(2, update: null);
        _swarm.Scale("web", 3);
        _swarm.Pass(10);
        Assert.Null(Status);
        Assert.Equal(["t1", "t2", "t3"], _swarm.Tasks.Select(t => t.Id));
    }

    [Fact]
    public void A_placement_that_the_nodes_satisfy_changes_no_container()
    {
        Running(2, update: null);
        _swarm.Update("web", s => s.Task.Placement = new() { Constraints = { "node.role==worker" } });
        _swarm.Pass(10);
        Assert.Equal(["t1", "t2"], _swarm.Tasks.Select(t => t.Id));
    }

    [Fact]
    public void Other_credentials_change_no_container_and_are_the_next_ones()
    {
        Running(2, update: null);
        _swarm.Update("web", s => s.Task.Container.RegistryAuth = new() { Username = "reader" });
        _swarm.Pass(10);
        Assert.Equal(["t1", "t2"], _swarm.Tasks.Select(t => t.Id));

        NewImage("httpd:2");
        _swarm.Pass(10);
        Assert.Equal("reader", _swarm.TaskOf("t4").Spec.Container.RegistryAuth.Username);
    }

    [Fact]
    public void Publishing_a_port_replaces_the_containers()
    {
        _swarm.AddNetwork("ingress", n => n.Ingress = true);
        Running(1, update: null);
        _swarm.Update("web", s => s.Endpoint = new() { Ports = { new PortConfig { TargetPort = 80, PublishedPort = 8080 } } });
        _swarm.Pass(10);
        Assert.Equal("update completed", Status.Message);
        Assert.Equal("ingress", _swarm.TaskOf("t2").Networks.Single().NetworkId);
        Assert.Equal(8080u, _swarm.TaskOf("t2").Endpoint.Ports.Single().PublishedPort);
    }

    [Fact]
    public void Global_services_are_updated_node_by_node()
    {
        _swarm.AddService("agent", null);
        _swarm.Settle();
        _swarm.Update("agent", s => s.Task.Container.Image = "httpd:2");
        _swarm.Pass(10);
        Assert.Equal(["n1", "n2"], _swarm.Tasks.Where(t => t.DesiredState == TaskState.Running).Select(t => t.NodeId));
        Assert.Equal("update completed", _swarm.Current.Services.Find("agent")!.UpdateStatus.Message);
    }

    [Fact]
    public void A_manual_rollback_runs_with_the_rollbacks_settings()
    {
        Running(3, update: null, rollback: new() { Parallelism = 0 });
        NewImage("httpd:2");
        _swarm.Pass(10);
        var service = _swarm.Current.Services.Find("web")!.Clone();
        (service.Spec, service.PreviousSpec) = (service.PreviousSpec, service.Spec);
        (service.SpecVersion, service.PreviousSpecVersion) = (service.PreviousSpecVersion, service.SpecVersion);
        service.UpdateStatus = new() { State = UpdateState.RollbackStarted, Message = "manually requested rollback", StartedAt = _swarm.Now.ToTimestamp() };
        _swarm.Store.Commit(c => c.Put(service));
        _swarm.NodesIdle = true;
        _swarm.Settle();
        Assert.Equal(3, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:1" && t.Status.State == TaskState.Assigned));
        _swarm.NodesIdle = false;
        _swarm.Pass(10);
        Assert.Equal("rollback completed", Status.Message);
    }

    /// <summary>The policy lets what failed rest; a rollback is not a restart.</summary>
    [Fact]
    public async Task A_rollback_brings_back_what_the_update_has_ended()
    {
        Running(2, update: null, change: s => s.Task.Restart = new() { Condition = RestartCondition.None });
        NewImage("httpd:2");
        _swarm.Pass(1);
        Assert.Equal(2, Updated);
        _swarm.Report("t3", TaskState.Failed);
        _swarm.Report("t4", TaskState.Failed);
        _swarm.Settle();
        Assert.Equal(UpdateState.Paused, Status.State);
        using var control = new SwarmControl(_swarm.Store, new CountedIds(), new FakeTimeProvider(_swarm.Now), null!, null!);
        await control.UpdateServiceAsync("web", control.Find(ObjectKind.Service, "web").Meta.Version, new(), RegistryAuthSource.Spec, rollback: true, default);
        _swarm.Pass(60);
        Assert.Equal("rollback completed", Status.Message);
        Assert.Equal(2, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:1" && t.Status.State == TaskState.Running));
    }

    [Fact]
    public async Task A_rollback_asked_of_a_manager_whose_clock_is_ahead_goes_slot_by_slot_too()
    {
        Running(5, update: null);
        NewImage("httpd:2");
        _swarm.Pass(60);
        var ahead = new FakeTimeProvider(_swarm.Now.AddSeconds(10));
        using var control = new SwarmControl(_swarm.Store, new CountedIds(), ahead, null!, null!);
        var service = control.Find(ObjectKind.Service, "web");
        await control.UpdateServiceAsync("web", service.Meta.Version, new(), RegistryAuthSource.Given, rollback: true, default);

        _swarm.NodesIdle = true;
        _swarm.Settle();
        Assert.Equal(1, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:1" && t.Status.State == TaskState.Assigned));

        _swarm.NodesIdle = false;
        _swarm.Pass(60);
        Assert.Equal("rollback completed", Status.Message);
        Assert.Equal(5, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:1" && t.Status.State == TaskState.Running));
    }

    [Fact]
    public async Task What_is_read_right_after_an_update_is_what_stands_while_it_goes_on()
    {
        Running(3, update: null);
        using var control = new SwarmControl(_swarm.Store, new CountedIds(), new FakeTimeProvider(_swarm.Now), null!, null!);
        for (var image = 2; image < 5; image++)
        {
            var read = control.Find(ObjectKind.Service, "web");
            var spec = read.Spec.Clone();
            spec.Task.Container.Image = $"httpd:{image}";
            var updated = await control.UpdateServiceAsync("web", read.Meta.Version, spec, RegistryAuthSource.Spec, rollback: false, default);
            Assert.Equal("update in progress", updated.UpdateStatus.Message);
            _swarm.Settle();
            Assert.Equal(updated, control.Find(ObjectKind.Service, "web"));
        }
        _swarm.Pass(60);
        Assert.Equal("update completed", Status.Message);
        Assert.Equal(3, _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:4" && t.Status.State == TaskState.Running));

        var rollback = await control.UpdateServiceAsync("web", control.Find(ObjectKind.Service, "web").Meta.Version, new(), RegistryAuthSource.Spec, rollback: true, default);
        _swarm.Settle();
        Assert.Equal(rollback, control.Find(ObjectKind.Service, "web"));
    }

    [Fact]
    public void A_clock_that_is_set_back_in_an_update_neither_hurries_nor_holds_it()
    {
        Running(3, new() { Parallelism = 1, Delay = 10_000_000_000 });
        NewImage("httpd:2");
        _swarm.Settle();
        Assert.Equal(1, Updated);
        _swarm.SetBack(TimeSpan.FromHours(1));
        _swarm.Pass(9);
        Assert.Equal(1, Updated);
        _swarm.Pass(1);
        Assert.Equal(2, Updated);
        _swarm.Pass(10);
        Assert.Equal(3, Updated);
        _swarm.Pass(21);
        Assert.Equal(UpdateState.Completed, Status.State);
    }

    private UpdateStatus Status => _swarm.Current.Services.Find("web")!.UpdateStatus;

    private int Updated => _swarm.Tasks.Count(t => t.Spec.Container.Image == "httpd:2" && t.Status.State == TaskState.Running);

    private void Running(ulong replicas, UpdateConfig? update, UpdateConfig? rollback = null, Action<ServiceSpec>? change = null)
    {
        _swarm.AddService("web", replicas, s =>
        {
            s.Update = update;
            s.Rollback = rollback;
            change?.Invoke(s);
        });
        _swarm.Settle();
        _swarm.TakeTrace();
    }

    private void NewImage(string image) => _swarm.Update("web", s => s.Task.Container.Image = image);
}
