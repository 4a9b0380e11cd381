using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;
using Google.Protobuf;
using Skein.Agent.Containers;
using Skein.Agent.Session;
using Skein.Agent.Tasks;
using Skein.Model;
using Skein.Model.Specs;
using Xunit;

namespace Skein.Tests.Tasks;

public sealed class TaskManagerTests : IDisposable
{
    private readonly AssignmentState _assignments = new();
    private readonly FakeImageStore _images = new();
    private readonly FakeTaskNetworking _networking = new();
    private readonly FakeContainerEngine _engine = new();
    private readonly Outbox _outbox = new();
    private readonly DependencyContents _contents = new();
    private readonly CancellationTokenSource _daemon = new();
    private readonly SeenLog _log = new();
    private readonly SettableClock _clock = new();
    private readonly TaskManager _manager;

    public TaskManagerTests() => _manager = new TaskManager(
        _assignments, _images, _networking, _engine, _outbox, _contents,
        () => new NodeDescription { Hostname = "h1" }, new CryptoIdSource(), _clock, _log, new() { Name = "local", Options = { ["max-file"] = "2" } });

    public void Dispose()
    {
        _daemon.Cancel();
        _log.Dispose();
    }

    [Fact]
    public async Task A_task_runs_is_stopped_and_its_container_stays_until_it_is_unassigned()
    {
        Run();
        Publish(NewTask("t1", TaskState.Running));
        var running = await _outbox.UntilAsync(TaskState.Running);

        Assert.Equal(
            ["Accepted accepted", "Preparing preparing", "Ready prepared", "Starting starting", "Running started healthy"], _outbox.Seen);
        Assert.Equal(42, running.Container.Pid);
        Assert.Equal(32768u, running.HostPorts[0].PublishedPort);
        Assert.Equal("n1", running.AppliedBy);
        var container = Assert.Single(_engine.List()).Definition;
        Assert.Equal(running.Container.ContainerId, container.Id);
        Assert.Equal("web.1.t1", container.Name);
        Assert.Equal(container.Id[..12], container.Hostname);
        Assert.Equal("t1", container.Labels["com.docker.swarm.task.id"]);
        Assert.Equal("n1", container.Labels["com.docker.swarm.node.id"]);
        Assert.Equal("web", container.Labels["com.docker.swarm.service.name"]);
        Assert.Equal("NAME=web h1", container.Spec.Env[0]);
        Assert.Equal(("/files/resolv.conf", "/files/hosts", "/files/hostname"), (container.ResolvConfPath, container.HostsPath, container.HostnamePath));
        Assert.Equal("/run/ns/" + container.Id, container.NetworkNamespacePath);
        Assert.Equal([new StoredNetwork { Id = "front", Name = "front" }], container.Networks);

        Publish(NewTask("t1", TaskState.Shutdown));
        Assert.False((await _outbox.UntilAsync(TaskState.Running)).Healthy);
        Assert.DoesNotContain("stop 10", _engine.Calls);   // somebody may be led to it still
        _manager.NoteDrained(["t1", "another node's"]);
        await _outbox.UntilAsync(TaskState.Shutdown);
        Assert.Equal(["Running started", "Shutdown shutdown"], _outbox.Seen.Skip(5));
        Assert.Contains("stop 10", _engine.Calls);
        Assert.Equal(ContainerStatus.Exited, Assert.Single(_engine.List()).State.Status);

        Publish();
        await _manager.WaitUntilEmptyAsync(Poll.Soon);
        Assert.Empty(_engine.List());
        Assert.Contains(container.Id, _networking.Detached);
    }

    [Fact]
    public async Task Without_a_managers_word_a_stop_waits_as_long_as_its_service_allows_and_no_longer()
    {
        Run();
        var task = NewTask("t1", TaskState.Running);
        task.ServiceAnnotations.Labels[DrainTimeout.Label] = "200ms";
        Publish(task);
        await _outbox.UntilAsync(TaskState.Running);
        var leaving = task.Clone();
        leaving.DesiredState = TaskState.Shutdown;
        Publish(leaving);
        await _outbox.UntilAsync(TaskState.Shutdown);
        Assert.Contains("stop 10", _engine.Calls);
    }

    [Fact]
    public async Task A_managers_word_that_comes_before_the_task_is_taken_over_is_not_lost()
    {
        var task = NewTask("t1", TaskState.Running);
        task.ServiceAnnotations.Labels[DrainTimeout.Label] = "10m";
        Publish(task);
        _manager.NoteDrained(["t1"]);
        Run();
        await _outbox.UntilAsync(TaskState.Running);
        var leaving = task.Clone();
        leaving.DesiredState = TaskState.Shutdown;
        Publish(leaving);
        await _outbox.UntilAsync(TaskState.Shutdown);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_makes_no_report_older_than_the_one_before()
    {
        Run();
        Publish(NewTask("t1", TaskState.Running));
        var healthy = await _outbox.UntilAsync(TaskState.Running);
        _clock.Ahead = TimeSpan.FromHours(-1);
        Publish(NewTask("t1", TaskState.Shutdown));
        var leaving = await _outbox.UntilAsync(TaskState.Running);
        Assert.False(leaving.Healthy);
        Assert.True(leaving.ReportedAt >= healthy.ReportedAt, $"{leaving.ReportedAt} came after {healthy.ReportedAt}");
    }

    /// <summary>`docker service ps` counts "Running 2 hours ago" from there.</summary>
    [Fact]
    public async Task Since_when_it_runs_does_not_change_with_its_health()
    {
        Run();
        Publish(NewTask("t1", TaskState.Running));
        var healthy = await _outbox.UntilAsync(TaskState.Running);
        _clock.Ahead = TimeSpan.FromHours(1);
        Publish(NewTask("t1", TaskState.Shutdown));
        var leaving = await _outbox.UntilAsync(TaskState.Running);
        Assert.Equal((false, healthy.Timestamp), (leaving.Healthy, leaving.Timestamp));
        Assert.True(leaving.ReportedAt > healthy.ReportedAt, "the report is not newer");
        var ended = await _outbox.UntilAsync(TaskState.Shutdown);
        Assert.True(ended.Timestamp > healthy.Timestamp, "a new state has a new time");
    }

    [Fact]
    public async Task An_exit_is_reported_at_once_and_the_network_goes()
    {
        Run();
        Publish(NewTask("t1", TaskState.Running));
        var id = (await _outbox.UntilAsync(TaskState.Running)).Container.ContainerId;

        _engine.Exit(id, 137);

        var failed = await _outbox.UntilAsync(TaskState.Failed);
        Assert.Equal("task: non-zero exit (137)", failed.Err);
        Assert.Equal(137, failed.Container.ExitCode);
        Assert.False(failed.Healthy);
        Assert.Empty(failed.HostPorts);
        await Poll.UntilAsync("the network is detached", () => _networking.Detached.Contains(id));
    }

    [Fact]
    public async Task An_image_that_is_nowhere_rejects_the_task_and_leaves_no_network()
    {
        _images.PullError = SkeinException.NotFound("manifest for nope:latest not found: manifest unknown: manifest unknown");
        Run();
        Publish(NewTask("t1", TaskState.Running, "nope"));

        Assert.Equal("No such image: nope:latest", (await _outbox.UntilAsync(TaskState.Rejected)).Err);
        Assert.Equal(_networking.Attached.Keys, _networking.Detached.Distinct());
        Assert.Empty(_engine.List());
    }

    [Fact]
    public async Task What_failed_is_logged_in_the_words_of_its_reason_and_without_a_stack()
    {
        _images.PullError = SkeinException.NotFound("manifest for nope:latest not found: manifest unknown: manifest unknown");
        Run();
        Publish(NewTask("t1", TaskState.Running, "nope"));
        await _outbox.UntilAsync(TaskState.Rejected);

        Assert.Contains(("task t1: Preparing failed: No such image: nope:latest", null), _log.Lines);
        Assert.All(_log.Lines, line => Assert.Null(line.Error));
    }

    [Fact]
    public async Task A_tasks_credentials_serve_its_pull_and_stay_out_of_its_container()
    {
        var task = NewTask("t1", TaskState.Running);
        task.Spec.Container.RegistryAuth = new() { Username = "reader", Password = "open sesame", ServerAddress = "r" };
        Run();
        Publish(task);
        await _outbox.UntilAsync(TaskState.Running);

        Assert.Equal(("reader", "open sesame"), (_images.PulledWith?.Username, _images.PulledWith?.Password));
        Assert.Null(Assert.Single(_engine.List()).Definition.Spec.RegistryAuth);
    }

    [Fact]
    public async Task A_task_has_the_hosts_log_driver_where_it_has_none_and_is_refused_what_does_not_go_together()
    {
        Run();
        Publish(NewTask("t1", TaskState.Running));
        await _outbox.UntilAsync(TaskState.Running);
        Assert.Equal(new LogDriver { Name = "local", Options = { ["max-file"] = "2" } }, Assert.Single(_engine.List()).Definition.LogDriver);

        var task = NewTask("t2", TaskState.Running);
        task.Spec.LogDriver = new() { Name = "local", Options = { ["max-size"] = "1m", ["max-file"] = "1", ["compress"] = "true" } };
        Publish(task);
        Assert.Contains("compression cannot be enabled when max file count is 1", (await _outbox.UntilAsync(TaskState.Rejected)).Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pull_that_needs_credentials_waits_for_a_manager_and_says_so()
    {
        var task = NewTask("t1", TaskState.Running);
        task.Spec.Container.RegistryAuth = new();
        Run();
        Publish(task);
        await _outbox.UntilAsync(TaskState.Preparing);
        Assert.Equal("waiting for a manager to tell the credentials for its image", (await _outbox.UntilAsync(TaskState.Preparing)).Message);
        Assert.Equal(0, _images.Pulls);

        _contents.Apply(new() { Credentials = { new TaskCredentials { TaskId = "t2", Registry = new() { Username = "other" } } } });
        _contents.Apply(new() { Credentials = { new TaskCredentials { TaskId = "t1", Registry = new() { Username = "reader", Password = "open sesame" } } } });
        await _outbox.UntilAsync(TaskState.Running);
        Assert.Equal("reader", _images.PulledWith?.Username);
    }

    [Fact]
    public async Task An_image_that_is_here_needs_no_credentials()
    {
        _images.Here = true;
        var task = NewTask("t1", TaskState.Running);
        task.Spec.Container.RegistryAuth = new();
        Run();
        Publish(task);
        await _outbox.UntilAsync(TaskState.Running);
        Assert.Equal(0, _images.Pulls);
    }

    [Fact]
    public async Task A_registry_out_of_reach_is_the_reason_unless_the_image_is_here()
    {
        _images.PullError = new SkeinException(ErrorKind.Internal, "Get \"https://r/v2/\": dial tcp: lookup r: no such host");
        Run();
        Publish(NewTask("t1", TaskState.Running));
        Assert.Equal(
            "No such image: httpd:latest (Get \"https://r/v2/\": dial tcp: lookup r: no such host)", (await _outbox.UntilAsync(TaskState.Rejected)).Err);

        _images.Here = true;
        Publish(NewTask("t2", TaskState.Running));
        await _outbox.UntilAsync(TaskState.Running);
    }

    [Fact]
    public async Task A_shutdown_ends_a_pull_that_hangs()
    {
        _images.Hangs = true;
        Run();
        Publish(NewTask("t1", TaskState.Running));
        await Poll.UntilAsync("pull and network are under way together", () => _networking.Attached.Count == 1);

        Publish(NewTask("t1", TaskState.Shutdown));

        await _outbox.UntilAsync(TaskState.Shutdown);
        await _images.PullCancelled.Task.WaitAsync(Poll.Soon);
        Assert.Equal(_networking.Attached.Keys, _networking.Detached.Distinct());
    }

    [Fact]
    public async Task Of_many_tasks_a_few_are_made_at_a_time()
    {
        var places = TaskManager.PlacesOf(Environment.ProcessorCount);
        _networking.Gate = new();
        Run();
        Publish([.. Enumerable.Range(0, 3 * places).Select(i => NewTask($"t{i}", TaskState.Running))]);
        for (var i = 0; i < 3 * places; i++) await _outbox.UntilAsync(TaskState.Preparing);
        await Poll.UntilAsync("the first are being made", () => _networking.Attached.Count == places);
        await Poll.UntilAsync("the images of all are here", () => _images.Pulls == 3 * places);
        Assert.Equal(places, _networking.Attached.Count);

        _networking.Gate.SetResult();
        for (var i = 0; i < 3 * places; i++) await _outbox.UntilAsync(TaskState.Running);
    }

    [Fact]
    public async Task A_container_that_cannot_start_fails_its_task()
    {
        _engine.StartError = "no";
        Run();
        Publish(NewTask("t1", TaskState.Running));
        Assert.Equal("starting container failed: no", (await _outbox.UntilAsync(TaskState.Failed)).Err);
    }

    [Fact]
    public async Task A_task_is_none_the_worse_for_a_containerd_that_is_restarted()
    {
        _engine.Troubles.Enqueue(SkeinException.Unavailable("failed to create container: containerd does not answer"));
        _engine.Troubles.Enqueue(new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "containerd does not answer")));
        Run();
        Publish(NewTask("t1", TaskState.Running));
        await _outbox.UntilAsync(TaskState.Running);
        Assert.Equal(
            ["Accepted accepted", "Preparing preparing", "Ready prepared", "Starting starting", "Running started healthy"], _outbox.Seen);
        // Twice in the midst of the first.
        Assert.Equal(["create", "create", "create", "start"], _engine.Calls.Where(call => call is "create" or "start"));
    }

    [Fact]
    public async Task A_new_daemon_takes_over_what_runs_reports_what_ended_and_removes_what_is_not_wanted()
    {
        _engine.Put(Definition("c1", "t1"), ContainerStatus.Running);
        _engine.Put(Definition("c2", "t2"), ContainerStatus.Exited, exitCode: 3);
        _engine.Put(Definition("c3", "gone"), ContainerStatus.Running);
        Run();
        Assert.Equal(3, _engine.List().Count);   // nothing is known yet, nothing is touched

        Publish(NewTask("t1", TaskState.Running, known: TaskState.Running), NewTask("t2", TaskState.Running, known: TaskState.Running));

        Assert.Equal("task: non-zero exit (3)", (await _outbox.UntilAsync(TaskState.Failed)).Err);
        var adopted = await _outbox.UntilAsync(TaskState.Running);
        Assert.Equal("c1", adopted.Container.ContainerId);
        Assert.Equal(["c1"], _networking.Recovered);
        await Poll.UntilAsync("the container of a former task is removed", () => _engine.List().Count == 2);
        Assert.DoesNotContain("start", _engine.Calls);

        _engine.Exit("c1", 0);
        await _outbox.UntilAsync(TaskState.Complete);
    }

    [Fact]
    public async Task A_task_that_needs_a_secret_waits_for_a_manager_and_says_so()
    {
        Run();
        var task = NewTask("t1", TaskState.Running);
        task.Spec.Container.Secrets.Add(new DependencyReference { Id = "s1", Name = "key", Target = "key" });
        Publish(task);
        await _outbox.UntilAsync(TaskState.Starting);
        Assert.Equal("waiting for a manager to tell the secret key", (await _outbox.UntilAsync(TaskState.Starting)).Message);
        Assert.DoesNotContain("start", _engine.Calls);

        _contents.Apply(new() { Full = true, Put = { new DependencyContent { Id = "s1", Data = ByteString.CopyFromUtf8("open sesame") } } });
        await _outbox.UntilAsync(TaskState.Running);
        Assert.Equal("open sesame", Encoding.UTF8.GetString(_engine.Contents["s1"].Span));
    }

    [Fact]
    public async Task A_templated_config_is_the_tasks_own_and_may_hold_its_secrets()
    {
        Run();
        var task = NewTask("t1", TaskState.Running);
        task.Spec.Container.Secrets.Add(new DependencyReference { Id = "s1", Name = "key", Target = "key" });
        task.Spec.Container.Configs.Add(new DependencyReference { Id = "c1", Name = "site", Target = "/etc/site" });
        var text = """{{.Service.Name}}.{{.Task.Slot}} on {{.Node.Hostname}}: {{env "NAME"}} {{secret "key"}}""";
        _contents.Apply(new()
        {
            Full = true,
            Put =
            {
                new DependencyContent { Id = "s1", Data = ByteString.CopyFromUtf8("{{open}}") },
                new DependencyContent { Id = "c1", Data = ByteString.CopyFromUtf8(text), TemplateDriver = "golang" },
            },
        });
        Publish(task);
        await _outbox.UntilAsync(TaskState.Running);
        Assert.Equal("web.1 on h1: web h1 {{open}}", Encoding.UTF8.GetString(_engine.Contents["c1"].Span));
        Assert.Equal("{{open}}", Encoding.UTF8.GetString(_engine.Contents["s1"].Span));

        var other = NewTask("t2", TaskState.Running);
        other.Spec.Container.Configs.Add(new DependencyReference { Id = "c1", Name = "site", Target = "/etc/site" });
        Publish(task, other);
        Assert.Contains("secret target key not found", (await _outbox.UntilAsync(TaskState.Failed)).Err);
    }

    [Fact]
    public async Task A_task_whose_config_the_swarm_has_no_more_fails_and_names_it()
    {
        Run();
        _contents.Apply(new() { Full = true, Put = { new DependencyContent { Id = "c1", Missing = true } } });
        var task = NewTask("t1", TaskState.Running);
        task.Spec.Container.Configs.Add(new DependencyReference { Id = "c1", Name = "site", Target = "/etc/site" });
        Publish(task);
        Assert.Equal("starting container failed: config site not found", (await _outbox.UntilAsync(TaskState.Failed)).Err);
    }

    private void Run() => _ = _manager.RunAsync(_daemon.Token);

    private void Publish(params SwarmTask[] tasks) => _assignments.Publish(
        NodeAssignments.Empty with { Local = new LocalNode("n1", "10.0.0.1", 4789), Tasks = tasks.ToImmutableDictionary(task => task.Id) });

    private static SwarmTask NewTask(string id, TaskState desired, string image = "httpd", TaskState known = TaskState.Assigned) => new()
    {
        Id = id,
        ServiceId = "s1",
        Slot = 1,
        NodeId = "n1",
        DesiredState = desired,
        Status = new SwarmTaskStatus { State = known },
        Annotations = new Annotations { Name = $"web.1.{id}" },
        ServiceAnnotations = new Annotations { Name = "web" },
        Networks = { new NetworkAttachment { NetworkId = "front" } },
        Spec = new TaskSpec { Container = new ContainerSpec { Image = image, Env = { "NAME={{.Service.Name}} {{.Node.Hostname}}" } } },
    };

    private static ContainerDefinition Definition(string id, string taskId) =>
        new() { Id = id, Name = $"web.1.{taskId}", TaskId = taskId, Spec = new() { Image = "httpd" }, Hostname = id };

    private sealed class SettableClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }

    private sealed class Outbox : ITaskStatusOutbox
    {
        private readonly Channel<SwarmTaskStatus> _reports = Channel.CreateUnbounded<SwarmTaskStatus>();

        public List<string> Seen { get; } = [];

        public void Report(string taskId, SwarmTaskStatus status) => _reports.Writer.TryWrite(status);

        private readonly List<SwarmTaskStatus> _history = [];

        /// <summary>The first report of this state that was not answered before, whatever came between.</summary>
        public async Task<SwarmTaskStatus> UntilAsync(TaskState state)
        {
            try
            {
                while (true)
                {
                    if (_history.FirstOrDefault(status => status.State == state) is { } found)
                    {
                        _history.Remove(found);
                        return found;
                    }
                    var next = await _reports.Reader.ReadAsync(Poll.Soon);
                    Seen.Add($"{next.State} {next.Message}{(next.Healthy ? " healthy" : "")}");
                    _history.Add(next);
                }
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"no status {state} within {Poll.Patience.TotalSeconds} s, but: {string.Join(", ", Seen)}");
            }
        }
    }
}
