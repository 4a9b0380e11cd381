using System.Runtime.CompilerServices;
using System.Text;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers;
using Skein.Agent.Logs;
using Skein.Manager.Logs;
using Skein.Model;
using Skein.Tests.Store;
using Skein.Tests.Tasks;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Session;

/// <summary>Lines from containers over nodes' streams to managers and between managers, on real HTTP/2 connections.</summary>
public sealed class SwarmLogsTests : IAsyncLifetime
{
    private static readonly LogRequest All = new(true, true, false, null, null);

    private readonly MemoryStore _store = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-logs-").FullName;
    private readonly Dictionary<string, FakeContainerEngine> _engines = [];
    private readonly List<LoopbackNode> _nodes = [];
    private LoopbackManager _first = null!;
    private LoopbackManager _second = null!;
    private SwarmLogs _logs = null!;

    public async ValueTask InitializeAsync()
    {
        _first = await LoopbackManager.StartAsync(_store, "m1");
        _second = await LoopbackManager.StartAsync(_store, "m2");
        _store.Commit(c =>
        {
            var cluster = Cluster();
            cluster.Spec.Dispatcher = new() { HeartbeatPeriod = 20_000_000_000 };   // a busy machine is no node that is away
            c.Put(cluster);
            c.Put(Service("web"));
            foreach (var (id, manager) in new[] { ("m1", _first), ("m2", _second) })
            {
                var node = Node(id, "127.0.0.1", NodeRole.Manager);
                node.ManagerStatus.Addr = manager.Addr;
                c.Put(node);
            }
            c.Put(Node("w1", "192.168.56.14"));
            c.Put(Node("w2", "192.168.56.15"));
            c.Put(Node("w3", "192.168.56.16"));
        });
        _logs = new(_store, "m1", _first.Dispatcher, addr => GrpcChannel.ForAddress($"http://{addr}"), TimeProvider.System);
        await JoinAsync("w1", _first);
        await JoinAsync("w2", _second);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Each_task_is_read_where_it_ran_whichever_manager_its_node_speaks_to()
    {
        Begin("t1", "w1", "one", "two");
        Begin("t2", "w2", "three");
        Begin("t3", "w2", "four");

        Assert.Equal(["t1 one", "t1 two", "t2 three", "t3 four"], (await ReadAsync(new("web"), All)).Order());
        Assert.Equal(["t2 three"], await ReadAsync(new("web", "t2"), All));
        Assert.Equal(["t1 two", "t2 three", "t3 four"], (await ReadAsync(new("web"), All with { Tail = 1 })).Order());
    }

    [Fact]
    public async Task A_node_that_is_away_costs_its_own_lines_alone_and_is_named()
    {
        Begin("t1", "w1", "one");
        Begin("t2", "w3", "lost");
        var seen = new List<string>();

        var incomplete = await Assert.ThrowsAsync<SkeinException>(() => ReadAsync(new("web"), All, seen));

        Assert.Equal(["t1 one"], seen);
        Assert.Equal(
            "rpc error: code = Unknown desc = warning: incomplete log stream. some logs could not be retrieved for the following reasons: node w3 is not available",
            incomplete.Message);
    }

    [Fact]
    public async Task Followed_a_task_that_begins_is_read_too_and_all_ends_when_the_reader_leaves()
    {
        Begin("t1", "w1", "old", "new");
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Poll.Soon);
        var lines = _logs.ReadAsync(new("web"), All with { Follow = true, Tail = 1 }, leave.Token).GetAsyncEnumerator(leave.Token);

        Assert.Equal("t1 new", await NextAsync(lines));
        Begin("t2", "w2", "all", "of it");
        Assert.Equal("t2 all", await NextAsync(lines));
        await Poll.UntilAsync("both are followed", () => Following == 2);

        await lines.DisposeAsync();
        await Poll.UntilAsync("none is followed", () => Following == 0);
    }

    [Fact]
    public async Task A_reader_that_is_slow_slows_the_node_down()
    {
        const int plenty = 64 << 20;
        var sent = 0;
        Begin("t1", "w2");
        _engines["w2"].Logs = (_, _, cancel) => Flood(() => Interlocked.Add(ref sent, 1024), cancel);
        await using var lines = _logs.ReadAsync(new("web"), All, Poll.Soon).GetAsyncEnumerator(Poll.Soon);
        Assert.True(await lines.MoveNextAsync());

        // It comes to rest, held up; a way without a brake would reach the limit.
        for (var before = -1; before != sent && sent < plenty;)
        {
            before = sent;
            await System.Threading.Tasks.Task.Delay(200, Poll.Soon);
        }
        Assert.True(sent < plenty / 4, $"{sent} bytes were sent to a reader that took one message");
    }

    [Fact]
    public async Task A_node_that_is_asked_for_no_logs_is_not_listened_to()
    {
        using var channel = GrpcChannel.ForAddress($"http://{_first.Addr}");
        // Its first message never comes: what is answered has not been waited for.
        using var call = new Dispatcher.DispatcherClient(channel).PublishLogs(new Grpc.Core.Metadata { { LoopbackManager.NodeHeader, "w1" } }, cancellationToken: Poll.Soon);
        var refusal = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await call.ResponseAsync);
        Assert.Equal((Grpc.Core.StatusCode.NotFound, "nobody reads these logs"), (refusal.StatusCode, refusal.Status.Detail));
    }

    private int Following => _engines.Values.Sum(e => e.Calls.Count(c => c == "follow") - e.Calls.Count(c => c == "left"));

    private async Task JoinAsync(string id, LoopbackManager manager)
    {
        var engine = _engines[id] = new();
        engine.Logs = (container, query, cancel) => Lines(engine, container, query, cancel);
        var node = new LoopbackNode(id, Directory.CreateDirectory(Path.Combine(_folder, id)).FullName, manager.Addr);
        _nodes.Add(node);
        var publisher = new LogPublisher(engine, NullLogger.Instance);
        node.Session.LogsWanted = (wanted, client, session) => _ = publisher.PublishAsync(wanted, client, session);
        await Poll.UntilAsync($"{id} is in session", () => node.State.Current.Sequence > 0);
    }

    /// <summary>A task with a container whose name is what it has written.</summary>
    private void Begin(string id, string node, params string[] lines)
    {
        var definition = new ContainerDefinition { Id = $"c-{id}", Name = string.Join('\n', lines), TaskId = id, Spec = new() };
        if (_engines.TryGetValue(node, out var engine)) engine.Put(definition, ContainerStatus.Running);
        var task = Task(id, node, TaskState.Running);
        task.Status.Container = new() { ContainerId = definition.Id };
        _store.Commit(c => c.Put(task));
    }

    private static async IAsyncEnumerable<ContainerLogLine> Lines(
        FakeContainerEngine engine, string container, LogQuery query, [EnumeratorCancellation] CancellationToken cancel)
    {
        var text = engine.Find(container).Definition.Name.Split('\n');
        foreach (var line in text.TakeLast(query.Tail ?? text.Length))
            yield return new(DateTimeOffset.UnixEpoch.AddSeconds(1), LogStream.Stdout, Encoding.UTF8.GetBytes(line));
        if (!query.Follow) yield break;
        engine.Calls.Enqueue("follow");
        try
        {
            await System.Threading.Tasks.Task.Delay(Timeout.Infinite, cancel);
        }
        finally
        {
            engine.Calls.Enqueue("left");
        }
    }

    private static async IAsyncEnumerable<ContainerLogLine> Flood(Action sent, [EnumeratorCancellation] CancellationToken cancel)
    {
        var line = new byte[1024];
        for (var i = 0; i < 1 << 20; i++)
        {
            cancel.ThrowIfCancellationRequested();
            sent();
            yield return new(DateTimeOffset.UnixEpoch, LogStream.Stdout, line);
        }
        await System.Threading.Tasks.Task.CompletedTask;
    }

    private async Task<List<string>> ReadAsync(LogSelection selection, LogRequest request, List<string>? into = null)
    {
        into ??= [];
        await foreach (var batch in _logs.ReadAsync(selection, request, Poll.Soon)) into.AddRange(batch.Lines.Select(Text));
        return into;
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<LogLines> lines)
    {
        Assert.True(await lines.MoveNextAsync());
        return Text(lines.Current.Lines[0]);
    }

    private static string Text(LogLine line) => $"{line.TaskId} {line.Data.ToStringUtf8()}";
}
