using Skein.Model;
using Xunit;
using static Skein.Tests.Control.ControlWorld;

namespace Skein.Tests.Control;

public class NodeVerbsTests
{
    private readonly ControlWorld _world = new();

    [Fact]
    public async Task A_ready_node_is_removed_only_by_force_and_its_tasks_are_orphaned()
    {
        AddNode("w1", NodeRole.Worker);
        _world.Store.Commit(c => c.Put(new SwarmTask { Id = "t", NodeId = "w1", Status = new() { State = TaskState.Running }, DesiredState = TaskState.Running }));
        Assert.Equal(
            "rpc error: code = FailedPrecondition desc = node w1 is not down and can't be removed",
            await MessageOf(() => _world.Control.RemoveNodeAsync("w1", false, default), ErrorKind.InvalidArgument));
        await _world.Control.RemoveNodeAsync("host-w1", true, default);
        Assert.Null(_world.Store.Current.Nodes.Find("w1"));
        Assert.Equal(TaskState.Orphaned, _world.Store.Current.Tasks.Find("t")!.Status.State);
    }

    [Fact]
    public async Task A_manager_is_demoted_before_it_is_removed()
    {
        AddNode("m1", NodeRole.Manager);
        Assert.Equal(
            "rpc error: code = FailedPrecondition desc = node m1 is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal",
            await MessageOf(() => _world.Control.RemoveNodeAsync("m1", true, default), ErrorKind.InvalidArgument));
        Assert.Equal(
            "rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm",
            await MessageOf(() => DemoteAsync("m1"), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task A_demotion_that_loses_the_quorum_is_refused()
    {
        AddNode("m1", NodeRole.Manager);
        AddNode("m2", NodeRole.Manager);
        AddNode("m3", NodeRole.Manager, Reachability.Unreachable);
        Assert.Equal(
            "rpc error: code = FailedPrecondition desc = can't remove member from the raft: this would result in a loss of quorum",
            await MessageOf(() => DemoteAsync("m2"), ErrorKind.InvalidArgument));
        Assert.Equal(NodeRole.Worker, (await DemoteAsync("m3")).Spec.Role);
    }

    [Fact]
    public async Task Of_two_managers_demoting_each_other_one_stays()
    {
        AddNode("m1", NodeRole.Manager);
        AddNode("m2", NodeRole.Manager);
        foreach (var id in (string[])["m1", "m2"])
        {
            var raised = _world.Store.Current.Nodes.Find(id)!.Clone();
            raised.ManagerStatus = null;
            _world.Store.Commit(c => c.Put(raised));
        }
        var other = _world.NewManager();
        var raced = false;
        _world.Store.BeforeCommit = _ =>
        {
            if (raced) return;
            raced = true;
            var m1 = _world.Store.Current.Nodes.Find("m1")!;
            other.UpdateNodeAsync("m1", m1.Meta.Version, new() { Role = NodeRole.Worker }, default).GetAwaiter().GetResult();
        };
        Assert.Equal(
            "rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm",
            await MessageOf(() => DemoteAsync("m2"), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task Tokens_rotate_one_by_one()
    {
        var cluster = _world.Store.Current.Cluster!;
        var next = await _world.Control.UpdateClusterAsync(cluster.Meta.Version, cluster.Spec, true, false, false, default);
        Assert.Equal(("token1", "m0"), (next.RootCa.JoinTokens.Worker, next.RootCa.JoinTokens.Manager));
        Assert.Equal(
            "rpc error: code = Unknown desc = update out of sequence",
            await MessageOf(() => _world.Control.UpdateClusterAsync(cluster.Meta.Version, cluster.Spec, false, true, false, default), ErrorKind.Internal));
        var renamed = cluster.Spec.Clone();
        renamed.Annotations.Name = "other";
        Assert.Equal(
            "swarm spec must be named \"default\"",
            await MessageOf(() => _world.Control.UpdateClusterAsync(next.Meta.Version, renamed, false, false, false, default), ErrorKind.InvalidArgument));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(99_999_999)]
    [InlineData(86_400_000_000_001)]
    public async Task A_heartbeat_that_nobody_can_keep_is_refused(long nanoseconds)
    {
        var spec = _world.Store.Current.Cluster!.Spec.Clone();
        spec.Dispatcher = new() { HeartbeatPeriod = nanoseconds };
        Assert.Equal(
            "rpc error: code = InvalidArgument desc = heartbeat time period must be between 100ms and 24h0m0s",
            await MessageOf(() => _world.Control.UpdateClusterAsync(_world.Store.Current.Cluster.Meta.Version, spec, false, false, false, default), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task A_node_that_described_itself_anew_is_changed_by_who_has_read_the_same_spec_before()
    {
        AddNode("w1", NodeRole.Worker);
        var read = _world.Store.Current.Nodes.Find("w1")!;
        Describe("w1");
        Describe("w1");
        var drained = await _world.Control.UpdateNodeAsync("w1", read.Meta.Version, Drained(), default);
        Assert.Equal(("anew", NodeAvailability.Drain), (drained.Description.Hostname, drained.Spec.Availability));
        Describe("w1");
        Assert.Equal(
            "rpc error: code = Unknown desc = update out of sequence",
            await MessageOf(() => _world.Control.UpdateNodeAsync("w1", read.Meta.Version, new() { Role = NodeRole.Worker }, default), ErrorKind.Internal));
        Assert.Equal(
            "rpc error: code = Unknown desc = update out of sequence",
            await MessageOf(() => _world.Control.UpdateNodeAsync("w1", drained.Meta.Version + 1000, Drained(), default), ErrorKind.Internal));

        static NodeSpec Drained() => new() { Role = NodeRole.Worker, Availability = NodeAvailability.Drain };
    }

    private void Describe(string id) => _world.Store.Commit(c =>
    {
        var node = _world.Store.Current.Nodes.Find(id)!.Clone();
        node.Description = new() { Hostname = "anew" };
        c.Put(node);
    });

    private Task<Node> DemoteAsync(string id) =>
        _world.Control.UpdateNodeAsync(id, _world.Store.Current.Nodes.Find(id)!.Meta.Version, new() { Role = NodeRole.Worker }, default);

    private void AddNode(string id, NodeRole role, Reachability reachability = Reachability.Reachable) =>
        _world.Store.Commit(c => c.Put(new Node
        {
            Id = id,
            Spec = new() { Role = role },
            Description = new() { Hostname = $"host-{id}" },
            Status = new() { State = NodeState.Ready },
            ManagerStatus = role == NodeRole.Manager ? new() { Addr = $"{id}:2377", Reachability = reachability } : null,
        }));
}
