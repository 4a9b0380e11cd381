using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Session;

/// <summary>Two managers over one store, one of which is lost; a beat is 200 ms.</summary>
public sealed class ManagerLossTests : IDisposable
{
    private readonly MemoryStore _store = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-loss-").FullName;

    public ManagerLossTests() =>
        _store.Commit(c =>
        {
            var cluster = Cluster();
            cluster.Spec.Dispatcher = new() { HeartbeatPeriod = 200_000_000 };
            c.Put(cluster);
            c.Put(Node("m1", "127.0.0.1", NodeRole.Manager));
            c.Put(Node("m2", "127.0.0.1", NodeRole.Manager));
            c.Put(Node("w1", "192.168.56.14"));
        });

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_manager_cut_off_from_the_state_sends_its_nodes_to_another()
    {
        var cut = new CutStore(_store);
        await using var first = await LoopbackManager.StartAsync(cut, "m1");
        await using var second = await LoopbackManager.StartAsync(_store, "m2");
        // Where the managers are is told to the node with its session, which may break on a busy machine before the test cuts it.
        SetAddress("m1", first);
        SetAddress("m2", second);
        await using var node = new LoopbackNode("w1", _folder, first.Addr);
        await _store.UntilAsync("a session with the first manager", s => s.Nodes.Find("w1")!.Session?.ManagerId == "m1");
        await Poll.UntilAsync("the node knows both managers", () => node.Managers.Current.Count == 2);
        cut.IsCut = true;
        await _store.UntilAsync("a session with the manager that reaches the state", s => s.Nodes.Find("w1")!.Session?.ManagerId == "m2");
    }

    [Fact]
    public async Task A_manager_whose_writes_starve_has_a_living_host()
    {
        var term = new LeaderTerm("m1", 7);
        _store.SetLeader(term);
        SetPeriod(TimeSpan.FromSeconds(1));
        var starved = new CutStore(_store);
        await using var first = await LoopbackManager.StartAsync(_store, "m1");
        await using var second = await LoopbackManager.StartAsync(starved, "m2");
        SetAddress("m1", first);
        SetAddress("m2", second);
        await using var own = new LoopbackNode("m2", _folder, second.Addr);
        using var stop = new CancellationTokenSource();
        var liveness = Liveness();
        Task[] loops = [liveness.WatchAsync(stop.Token), liveness.RunAsync(term, stop.Token)];
        await _store.UntilAsync("the second manager in reach", s => s.Nodes.Find("m2") is { Session.ManagerId: "m2", ManagerStatus.Reachability: Reachability.Reachable });
        await Poll.UntilAsync("the node knows both managers", () => own.Managers.Current.Count == 2);

        starved.IsCut = true;
        await _store.UntilAsync("the second manager out of reach", s => s.Nodes.Find("m2") is { ManagerStatus.Reachability: Reachability.Unreachable });
        await _store.UntilAsync("its host in session with the first", s => s.Nodes.Find("m2") is { Session.ManagerId: "m1" });
        Assert.DoesNotContain(_store.Commits.SelectMany(c => c), c => c.Object is Node { Id: "m2", Status.State: NodeState.Down });
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loops[0]);
        await loops[1].WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task The_leader_finds_a_dead_manager_and_its_host()
    {
        var term = new LeaderTerm("m1", 7);
        _store.SetLeader(term);
        await using var first = await LoopbackManager.StartAsync(_store, "m1");
        var second = await LoopbackManager.StartAsync(_store, "m2");
        var own = new LoopbackNode("m2", _folder, second.Addr);
        using var stop = new CancellationTokenSource();
        var liveness = Liveness();
        Task[] loops = [liveness.WatchAsync(stop.Token), liveness.RunAsync(term, stop.Token)];
        await _store.UntilAsync("the second manager in reach", s => s.Nodes.Find("m2") is { Status.State: NodeState.Ready, ManagerStatus.Reachability: Reachability.Reachable });

        await own.DisposeAsync();
        await second.DisposeAsync();
        await _store.UntilAsync("the second manager's host down", s => s.Nodes.Find("m2") is { Status.State: NodeState.Down, ManagerStatus.Reachability: Reachability.Unreachable });

        _store.SetLeader(new LeaderTerm("m3", 9));
        _store.ChangeNode("m2", back => back.Status.State = NodeState.Ready);
        await loops[1].WaitAsync(Poll.Patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loops[0]);
    }

    private NodeLiveness Liveness() => new(
        _store,
        "m1",
        addr => GrpcChannel.ForAddress($"http://{addr}"),
        TimeProvider.System,
        NullLoggerFactory.Instance);

    private void SetAddress(string id, LoopbackManager manager) => _store.ChangeNode(id, node => node.ManagerStatus.Addr = manager.Addr);

    private void SetPeriod(TimeSpan period)
    {
        var cluster = _store.Current.Cluster!.Clone();
        cluster.Spec.Dispatcher.HeartbeatPeriod = (long)period.TotalNanoseconds;
        _store.Commit(c => c.Put(cluster));
    }
}
