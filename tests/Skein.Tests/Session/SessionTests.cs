using System.Net;
using System.Net.Sockets;
using Skein.Agent.Session;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Dispatch;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Session;

/// <summary>Node and manager over a real HTTP/2 connection on loopback; a beat is 200 ms.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly MemoryStore _store = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-session-").FullName;

    public SessionTests() =>
        _store.Commit(c =>
        {
            var cluster = Cluster();
            cluster.Spec.Dispatcher = new() { HeartbeatPeriod = 200_000_000 };
            c.Put(cluster);
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
        await InStore(s => s.Tasks.Find("t1")!.Status is { State: TaskState.Running, AppliedBy: "w1" }, "the report in the store");
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
        await InStore(s => s.Tasks.Find("t1")!.Status.Err == "exit 1", "the report made while alone");
    }

    [Fact]
    public async Task When_its_manager_dies_a_node_goes_to_another_and_is_never_down()
    {
        await using var second = await LoopbackManager.StartAsync(_store, "m2");
        var first = await LoopbackManager.StartAsync(_store, "m1");
        await using var node = new LoopbackNode("w1", _folder, first.Addr);
        await InStore(s => s.Nodes.Find("w1")!.Session?.ManagerId == "m1", "a session with the first manager");
        node.Managers.Set([new() { Addr = first.Addr }, new() { Addr = second.Addr }]);

        await first.DisposeAsync();
        await InStore(s => s.Nodes.Find("w1")!.Session?.ManagerId == "m2", "a session with the second manager");
        _store.Commit(c => c.Put(Task("t1", "w1")));
        await Known(node, a => a.Tasks.ContainsKey("t1"), "a task told by the second manager");
        Assert.DoesNotContain(_store.Commits.SelectMany(c => c), c => c.Object is Node { Id: "w1", Status.State: NodeState.Down });
    }

    [Fact]
    public async Task A_manager_that_takes_connections_and_says_nothing_is_left_for_another()
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        var muteAddr = mute.LocalEndpoint.ToString()!;
        await using var node = new LoopbackNode("w1", _folder, muteAddr);
        using var taken = await mute.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(10));
        node.Managers.Set([new() { Addr = muteAddr }, new() { Addr = manager.Addr }]);
        await Known(node, a => a.Sequence > 0, "assignments from the manager that speaks");
    }

    [Fact]
    public async Task A_silent_node_is_down_after_three_beats_and_ready_when_it_is_back()
    {
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        await using (var node = new LoopbackNode("w1", _folder, manager.Addr))
            await Known(node, a => a.Sequence > 0, "assignments");
        Assert.Equal(NodeState.Ready, Stored.Status.State);
        var left = TimeProvider.System.GetTimestamp();
        await InStore(s => s.Nodes.Find("w1")!.Status is { State: NodeState.Down, Message: "heartbeat failure" }, "the node down");
        Assert.True(TimeProvider.System.GetElapsedTime(left) > TimeSpan.FromMilliseconds(350), "down before its beats were missed");

        await using var back = new LoopbackNode("w1", _folder, manager.Addr);
        await InStore(s => s.Nodes.Find("w1")!.Status.State == NodeState.Ready, "the node ready again");
    }

    [Fact]
    public async Task A_removed_node_is_refused_and_keeps_what_it_has()
    {
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        _store.Commit(c => c.Put(Task("t1", "w1")));
        await using var node = new LoopbackNode("w1", _folder, manager.Addr);
        await Known(node, a => a.Tasks.ContainsKey("t1"), "the task");
        _store.Commit(c => c.Delete(ObjectKind.Node, "w1"));
        await Eventually(() => node.Session.ConnectedTo.Length == 0, "the session ended");
        Assert.True(node.State.Current.Tasks.ContainsKey("t1"));
        Assert.Null(_store.Current.Nodes.Find("w1"));
    }

    [Fact]
    public async Task A_node_given_up_by_mistake_is_ready_again_by_its_living_session()
    {
        await using var manager = await LoopbackManager.StartAsync(_store, "m1");
        await using var node = new LoopbackNode("w1", _folder, manager.Addr);
        await Known(node, a => a.Sequence > 0, "assignments");
        for (var done = false; !done;)
        {
            var down = Stored.Clone();
            down.Status = new() { State = NodeState.Down, Message = "heartbeat failure" };
            try
            {
                _store.Commit(c => c.Put(down));
                done = true;
            }
            catch (SequenceConflictException)
            {
                // The registration came between.
            }
        }
        await InStore(s => s.Nodes.Find("w1")!.Status.State == NodeState.Ready, "the node ready again");
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
        var promoted = Stored.Clone();
        promoted.Spec.Role = NodeRole.Manager;
        _store.Commit(c => c.Put(promoted));
        await Eventually(() => { lock (roles) return roles.LastOrDefault() == NodeRole.Manager; }, "the new role told");
    }

    private Node Stored => _store.Current.Nodes.Find("w1")!;

    private static async Task Known(LoopbackNode node, Func<NodeAssignments, bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (value, generation) = (node.State.Current, node.State.Generation);
        try
        {
            while (!condition(value)) (value, generation) = await node.State.WaitNewerAsync(generation, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"waited 20 s for {what}; the node knows tasks [{string.Join(", ", value.Tasks.Keys)}], endpoints [{string.Join(", ", value.Endpoints.Keys)}]");
        }
    }

    private async Task InStore(Func<Snapshot, bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var snapshot = _store.Current;
        try
        {
            while (!condition(snapshot)) snapshot = await _store.WaitNewerAsync(snapshot.Revision, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"waited 20 s for {what}; the store has nodes {string.Join(", ", snapshot.Nodes.All)}");
        }
    }

    private static async Task Eventually(Func<bool> condition, string what)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(deadline) > TimeSpan.FromSeconds(20)) Assert.Fail($"waited 20 s for {what}");
            await System.Threading.Tasks.Task.Delay(10);
        }
    }
}
