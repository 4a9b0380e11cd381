using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Skein.Agent.Session;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Dispatch;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Session;

/// <summary>Node and manager over a real HTTP/2 connection on loopback. Nobody misses a beat by a busy machine, but where a test is about it.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly MemoryStore _store = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-session-").FullName;

    public SessionTests() =>
        _store.Commit(c =>
        {
            c.Put(BeatingEvery(TimeSpan.FromSeconds(20)));
            c.Put(Network("ingress", 4096, ingress: true));
            c.Put(Network("front", 4097));
            c.Put(Node("w1", "192.168.56.14"));
            c.Put(Node("w2", "192.168.56.15"));
        });

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_node_is_ready_learns_its_tasks_and_what_it_reports_is_stored()
    {
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        _store.Commit(c => c.Put(Task("t1", "w1", networks: ["front"])));
        await using var node = new LoopbackNode("w1", _folder, manager.Addr);

        await Known(node, a => a.Tasks.ContainsKey("t1") && a.Networks.ContainsKey("front"), "the first task");
        Assert.Equal(new LocalNode("w1", "192.168.56.14", 4789), node.State.Current.Local);
        Assert.Equal((NodeState.Ready, "host-w1"), (Stored.Status.State, Stored.Description.Hostname));

        _store.Commit(c => c.Put(Task("t2", "w2", networks: ["front"])));
        await Known(node, a => a.Endpoints.ContainsKey("t2/front"), "a neighbour's endpoint");

        node.Session.Outbox.Report("t1", new() { State = TaskState.Running, Healthy = true });
        await _store.UntilAsync("the report in the store", s => s.Tasks.Find("t1")!.Status is { State: TaskState.Running, AppliedBy: "w1" });
        await Known(node, a => a.Endpoints["t1/front"].Ready, "the own endpoint ready");
    }

    [Fact]
    public async Task With_no_manager_in_reach_a_node_knows_what_it_was_told()
    {
        await using (var manager = await LoopbackManager.StartAsync(_store, "m1"))
        {
            _store.Commit(c => c.Put(Task("t1", "w1", networks: ["front"])));
            await using var node = new LoopbackNode("w1", _folder, manager.Addr);
            await Known(node, a => a.Tasks.ContainsKey("t1"), "the task");
        }
        await using (var alone = new LoopbackNode("w1", _folder))
        {
            Assert.True(alone.State.Current.Tasks.ContainsKey("t1"));
            Assert.Equal("192.168.56.14", alone.State.Current.Local.Vtep);
            alone.Session.Outbox.Report("t1", new() { State = TaskState.Failed, Err = "exit 1" });
        }
        await using var again = await LoopbackManager.StartAsync(_store, "m1");
        await using var back = new LoopbackNode("w1", _folder, again.Addr);
        await _store.UntilAsync("the report made while alone", s => s.Tasks.Find("t1")!.Status.Err == "exit 1");
    }

    [Fact]
    public async Task Credentials_come_beside_the_task_and_are_not_on_the_nodes_disk()
    {
        await using (var manager = await LoopbackManager.StartAsync(_store, "m1"))
        {
            await using var node = new LoopbackNode("w1", _folder, manager.Addr);
            await Known(node, a => a.Sequence > 0, "assignments");
            _store.Commit(c => c.Put(WithPassword(Task("t1", "w1"))));
            await Known(node, a => a.Tasks.ContainsKey("t1"), "the task");
            Assert.Equal("open sesame", node.Contents.LookForCredentials("t1").Known?.Password);
            Assert.Equal(new RegistryCredentials(), node.State.Current.Tasks["t1"].Spec.Container.RegistryAuth);
        }
        Assert.True(SessionFile.Read(Memory) is { Assignments.Tasks: [{ Id: "t1" }] });
        Assert.DoesNotContain("open sesame", File.ReadAllText(Memory), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_old_with_credentials_is_written_anew_at_once()
    {
        var old = new SessionMemory { NodeId = "w1", Assignments = new() { Full = true, Tasks = { WithPassword(Task("t1", "w1")) } } };
        File.WriteAllBytes(Memory, old.ToByteArray());
        await using var node = new LoopbackNode("w1", _folder);
        Assert.DoesNotContain("open sesame", File.ReadAllText(Memory), StringComparison.Ordinal);
        Assert.Equal("open sesame", node.State.Current.Tasks["t1"].Spec.Container.RegistryAuth.Password);   // for the pull that it may still need
        Assert.True(SessionFile.Read(Memory) is { Assignments.Tasks: [{ Id: "t1" }] });
    }

    [Fact]
    public async Task When_its_manager_dies_a_node_goes_to_another_and_is_never_down()
    {
        await using var second = await LoopbackManager.StartAsync(_store, "m2");
        var first = await LoopbackManager.StartAsync(_store, "m1");
        await using var node = new LoopbackNode("w1", _folder, first.Addr);
        await _store.UntilAsync("a session with the first manager", s => s.Nodes.Find("w1")!.Session?.ManagerId == "m1");
        node.Managers.Set([new() { Addr = first.Addr }, new() { Addr = second.Addr }]);

        await first.DisposeAsync();
        await _store.UntilAsync("a session with the second manager", s => s.Nodes.Find("w1")!.Session?.ManagerId == "m2");
        _store.Commit(c => c.Put(Task("t1", "w1")));
        await Known(node, a => a.Tasks.ContainsKey("t1"), "a task told by the second manager");
        Assert.DoesNotContain(_store.Commits.SelectMany(c => c), c => c.Object is Node { Id: "w1", Status.State: NodeState.Down });
    }

    [Fact]
    public async Task Why_a_manager_is_not_reached_is_said_in_plain_words_and_once()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var addr = closed.LocalEndpoint.ToString()!;
        closed.Stop();
        await using var node = new LoopbackNode("w1", _folder, addr);
        await Poll.UntilAsync("it has tried some times", () => node.Opened >= 4);
        Assert.Equal($"manager {addr} gave no session: connect: connection refused", Assert.Single(node.Log.Lines).Text);
    }

    [Fact]
    public async Task A_node_that_leaves_does_not_complain_that_its_session_ended()
    {
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        await using var node = new LoopbackNode("w1", _folder, manager.Addr);
        await Known(node, a => a.Sequence > 0, "assignments");
        node.Session.Leave();
        await node.Ended.WaitAsync(Poll.Patience);
        Assert.DoesNotContain(node.Log.Lines, line => line.Text.Contains("ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_manager_that_takes_connections_and_says_nothing_is_left_for_another()
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        var muteAddr = mute.LocalEndpoint.ToString()!;
        await using var node = new LoopbackNode("w1", _folder, muteAddr);
        using var taken = await mute.AcceptSocketAsync().WaitAsync(Poll.Patience);
        node.Managers.Set([new() { Addr = muteAddr }, new() { Addr = manager.Addr }]);
        await Known(node, a => a.Sequence > 0, "assignments from the manager that speaks");
    }

    [Fact]
    public async Task A_silent_node_is_down_after_three_beats_and_ready_when_it_is_back()
    {
        _store.Commit(c => c.Put(BeatingEvery(TimeSpan.FromMilliseconds(200))));
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        long left;
        await using (var node = new LoopbackNode("w1", _folder, manager.Addr))
        {
            await Known(node, a => a.Sequence > 0, "assignments");
            await _store.UntilAsync("the node ready", s => s.Nodes.Find("w1")!.Status.State == NodeState.Ready);
            left = TimeProvider.System.GetTimestamp();
        }
        await _store.UntilAsync("the node down", s => s.Nodes.Find("w1")!.Status is { State: NodeState.Down, Message: "heartbeat failure" });
        Assert.True(TimeProvider.System.GetElapsedTime(left) > TimeSpan.FromMilliseconds(350), "down before its beats were missed");

        await using var back = new LoopbackNode("w1", _folder, manager.Addr);
        await _store.UntilAsync("the node ready again", s => s.Nodes.Find("w1")!.Status.State == NodeState.Ready);
    }

    [Fact]
    public async Task A_node_that_leaves_is_down_at_once_and_stays_so()
    {
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        await using var node = new LoopbackNode("w1", _folder, manager.Addr);
        await Known(node, a => a.Sequence > 0, "assignments");

        node.Session.Leave();
        await node.Ended.WaitAsync(Poll.Patience);
        Assert.Equal((NodeState.Down, "the node has left the swarm", null), (Stored.Status.State, Stored.Status.Message, Stored.Session));
        // What the manager still held of the session does not make it ready again.
        _store.ChangeNode("w1", labelled => labelled.Spec.Annotations = new() { Labels = { ["a"] = "b" } });
        Assert.DoesNotContain(_store.Commits.SelectMany(c => c).SkipWhile(c => c.Object is not Node { Status.State: NodeState.Down }), c => c.Object is Node { Status.State: NodeState.Ready, Id: "w1" });
    }

    [Fact]
    public async Task A_removed_node_is_refused_and_keeps_what_it_has()
    {
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        _store.Commit(c => c.Put(Task("t1", "w1")));
        await using var node = new LoopbackNode("w1", _folder, manager.Addr);
        await Known(node, a => a.Tasks.ContainsKey("t1"), "the task");
        _store.Commit(c => c.Delete(ObjectKind.Node, "w1"));
        await Poll.UntilAsync("the session ended", () => node.Session.ConnectedTo.Length == 0);
        Assert.True(node.State.Current.Tasks.ContainsKey("t1"));
        Assert.Null(_store.Current.Nodes.Find("w1"));
    }

    [Fact]
    public async Task A_node_given_up_by_mistake_is_ready_again_by_its_living_session()
    {
        _store.Commit(c => c.Put(BeatingEvery(TimeSpan.FromMilliseconds(200))));
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        await using var node = new LoopbackNode("w1", _folder, manager.Addr);
        await Known(node, a => a.Sequence > 0, "assignments");
        _store.ChangeNode("w1", down => down.Status = new() { State = NodeState.Down, Message = "heartbeat failure" });
        await _store.UntilAsync("the node ready again", s => s.Nodes.Find("w1")!.Status.State == NodeState.Ready);
    }

    [Fact]
    public async Task A_change_of_role_is_told_in_the_running_session()
    {
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        await using var node = new LoopbackNode("w1", _folder, manager.Addr);
        var roles = new List<NodeRole>();
        node.Session.Welcomed = w =>
        {
            lock (roles) roles.Add(w.Role);
        };
        await Known(node, a => a.Sequence > 0, "assignments");
        _store.ChangeNode("w1", promoted => promoted.Spec.Role = NodeRole.Manager);
        await Poll.UntilAsync("the new role told", () => { lock (roles) return roles.LastOrDefault() == NodeRole.Manager; });
    }

    private string Memory => Path.Combine(_folder, "session.pb");

    private static SwarmTask WithPassword(SwarmTask task)
    {
        task.Spec.Container.RegistryAuth = new() { Username = "reader", Password = "open sesame" };
        return task;
    }

    private Cluster BeatingEvery(TimeSpan period)
    {
        var cluster = _store.Current.Cluster?.Clone() ?? Cluster();
        cluster.Spec.Dispatcher = new() { HeartbeatPeriod = (long)period.TotalNanoseconds };
        return cluster;
    }

    private Node Stored => _store.Current.Nodes.Find("w1")!;

    private static async Task Known(LoopbackNode node, Func<NodeAssignments, bool> condition, string what)
    {
        var soon = Poll.Soon;
        var (value, generation) = (node.State.Current, node.State.Generation);
        try
        {
            while (!condition(value)) (value, generation) = await node.State.WaitNewerAsync(generation, soon);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"waited {Poll.Patience.TotalSeconds} s for {what}; the node knows tasks [{string.Join(", ", value.Tasks.Keys)}], endpoints [{string.Join(", ", value.Endpoints.Keys)}]");
        }
    }
}
