using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Validation;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Dispatch;

/// <summary>A worker that was taken over may say anything: what it says is dropped, counted, and in no other node's way.</summary>
public class HostileReportTests
{
    private static readonly string GoodId = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
    private readonly MemoryStore _store = new();
    private readonly DroppedReports _dropped = new(TimeProvider.System, NullLogger.Instance);

    public HostileReportTests() => _store.Commit(c =>
    {
        c.Put(Task("t", "n1"));
        c.Put(Task("other", "n2"));
    });

    public static TheoryData<string, SwarmTaskStatus> Flawed => new()
    {
        { "another service's name", Running(s => s.Container = new() { ContainerId = "web" }) },
        { "a short id", Running(s => s.Container = new() { ContainerId = "0123456789ab" }) },
        { "63 digits", Running(s => s.Container = new() { ContainerId = GoodId[1..] }) },
        { "65 digits", Running(s => s.Container = new() { ContainerId = GoodId + "0" }) },
        { "upper case", Running(s => s.Container = new() { ContainerId = GoodId.ToUpperInvariant() }) },
        { "a name in front", Running(s => s.Container = new() { ContainerId = "api-web-hook" + GoodId[12..] }) },
        { "a process below 0", Running(s => s.Container = new() { ContainerId = GoodId, Pid = -1 }) },
        { "before year 1", Running(s => s.Timestamp = new() { Seconds = long.MinValue }) },
        { "after year 9999", Running(s => s.Timestamp = new() { Seconds = 253_402_300_800 }) },
        { "nanoseconds below 0", Running(s => s.Timestamp = new() { Nanos = -1 }) },
        { "a thousand million nanoseconds", Running(s => s.Timestamp = new() { Nanos = 1_000_000_000 }) },
        { "32 MiB of error", Running(s => s.Err = new('x', 32 << 20)) },
        { "a long message", Running(s => s.Message = new('x', TaskStatusBounds.MostText + 1)) },
        { "a port that is none", Running(s => s.HostPorts.Add(new PortConfig { PublishedPort = 70_000 })) },
        { "a hundred thousand ports", Running(s => s.HostPorts.Add(Enumerable.Repeat(new PortConfig { PublishedPort = 80 }, 100_000))) },
        { "a state of the managers", new() { State = TaskState.Orphaned } },
        { "a state that there is not", new() { State = (TaskState)513 } },
        { "a state beyond all", new() { State = (TaskState)int.MaxValue } },
    };

    [Theory]
    [MemberData(nameof(Flawed), DisableDiscoveryEnumeration = true)]
    public void No_node_can_mean_it(string what, SwarmTaskStatus status)
    {
        Assert.True(ReportCheck.FlawOf(_store.Current, "n1", new() { TaskId = "t", Status = status }) is not null, what);
    }

    [Fact]
    public void What_a_node_does_report_is_taken()
    {
        var status = Running(s =>
        {
            s.Timestamp = DateTimeOffset.UnixEpoch.ToTimestamp();
            s.Container = new() { ContainerId = GoodId, Pid = 17, ExitCode = -1 };
            s.Err = TaskStatusBounds.Clip(new('x', 1 << 20));
            s.HostPorts.Add(new PortConfig { PublishedPort = 80, TargetPort = 65535 });
        });
        Assert.Null(ReportCheck.FlawOf(_store.Current, "n1", new() { TaskId = "t", Status = status }));
        Assert.Null(ReportCheck.FlawOf(_store.Current, "n1", new() { TaskId = "gone", Status = status }));
        Assert.NotNull(ReportCheck.FlawOf(_store.Current, "n1", new() { TaskId = "other", Status = status }));
        Assert.NotNull(ReportCheck.FlawOf(_store.Current, "n1", new() { TaskId = "t" }));
    }

    [Fact]
    public async System.Threading.Tasks.Task A_status_that_the_store_does_not_take_keeps_no_other_from_it()
    {
        _store.Commit(c =>
        {
            for (var i = 0; i < 20; i++) c.Put(Task($"n{i}", "n1"));
        });
        _store.BeforeCommit = changes =>
        {
            if (changes.All.Any(change => change.Id == "n7")) throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.InvalidArgument, "etcdserver: request is too large"));
        };
        var writer = new TaskStatusWriter(_store, _dropped, TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = writer.RunAsync(stop.Token);
        await writer.WriteAsync([.. Enumerable.Range(0, 20).Select(i => new NodeTaskStatus("n1", $"n{i}", Running(_ => { })))], Poll.Soon);
        Assert.Equal(19, _store.Current.Tasks.All.Count(task => task.Status.State == TaskState.Running));
        Assert.Equal(1, _dropped.Of("n1"));
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public void No_node_writes_to_the_terminals_of_those_who_command()
    {
        var written = TaskStatusMerge.Apply(
            _store.Current, [new("n1", "t", Running(s => (s.Message, s.Err) = ("started\n", "\u001b]0;owned\u0007\u009b2Jno\tsuch file")))], DateTimeOffset.UnixEpoch);
        var status = ((SwarmTask)Assert.Single(written.All).Object!).Status;
        Assert.Equal(("started\n", "\ufffd]0;owned\ufffd\ufffd2Jno\tsuch file"), (status.Message, status.Err));
        Assert.NotNull(NodeDescriptionBounds.FlawOf(new NodeDescription { EngineVersion = "1\u001b[2J" }));
    }

    [Fact]
    public void One_node_has_so_much_waiting_and_no_more()
    {
        var queue = new ReportQueue();
        var small = new TaskStatusReport();
        for (var i = 0; i < ReportQueue.MostReports; i++) Assert.True(queue.TryEnter(small));
        Assert.False(queue.TryEnter(small));
        queue.Leave(small);
        Assert.True(queue.TryEnter(small));

        var large = new TaskStatusReport { Updates = { new TaskStatusUpdate { TaskId = new('x', ReportQueue.MostBytes / 2) } } };
        var bytes = new ReportQueue();
        Assert.True(bytes.TryEnter(large));
        Assert.False(bytes.TryEnter(large));

        // Of two bytes each.
        var empty = new TaskStatusReport { Updates = { Enumerable.Repeat(new TaskStatusUpdate(), 500_000) } };
        Assert.False(new ReportQueue().TryEnter(empty));
        var ports = new TaskStatusReport { Updates = { new TaskStatusUpdate { Status = new() { HostPorts = { Enumerable.Repeat(new PortConfig(), 300_000) } } } } };
        Assert.False(new ReportQueue().TryEnter(ports));
    }

    [Fact]
    public async System.Threading.Tasks.Task What_a_node_has_the_store_write_is_paced_and_no_other_node_waits_for_it()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var pace = new StorePace(time);
        Assert.True(pace.SpendAsync("n1", StorePace.Burst, CancellationToken.None).IsCompletedSuccessfully);
        var second = pace.SpendAsync("n1", StorePace.BytesPerSecond, CancellationToken.None);
        Assert.False(second.IsCompleted);
        Assert.True(pace.SpendAsync("n2", StorePace.Burst, CancellationToken.None).IsCompletedSuccessfully);
        time.Advance(TimeSpan.FromSeconds(1));
        await second.WaitAsync(Poll.Patience);

        time.Advance(TimeSpan.FromHours(1));
        Assert.True(pace.SpendAsync("n1", StorePace.Burst, CancellationToken.None).IsCompletedSuccessfully);
        Assert.False(pace.SpendAsync("n1", StorePace.BytesPerSecond, CancellationToken.None).IsCompleted);
    }

    [Theory]
    [InlineData("fe80::1")]
    [InlineData("192.168.56.12")]
    public void An_address_is_one(string address) => Assert.Null(NodeDescriptionBounds.FlawOf(new Hello { AdvertiseAddr = address, Vtep = address }));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("1")]
    [InlineData("h1.example")]
    [InlineData("192.168.56.12; reboot")]
    public void And_another_is_none(string address)
    {
        Assert.NotNull(NodeDescriptionBounds.FlawOf(new Hello { AdvertiseAddr = address }));
        Assert.NotNull(NodeDescriptionBounds.FlawOf(new Hello { AdvertiseAddr = "192.168.56.12", Vtep = address }));
    }

    [Fact]
    public void A_description_has_bounds()
    {
        Assert.Null(NodeDescriptionBounds.FlawOf(new NodeDescription { Hostname = "h1", EngineLabels = { ["rack"] = "7" }, Resources = new() { NanoCpus = 2 } }));
        Assert.NotNull(NodeDescriptionBounds.FlawOf(new NodeDescription { Hostname = new('h', 1000) }));
        Assert.NotNull(NodeDescriptionBounds.FlawOf(new NodeDescription { Hostname = "h1\u001b[2J" }));
        Assert.NotNull(NodeDescriptionBounds.FlawOf(new NodeDescription { EngineLabels = { ["rack"] = new('x', 1 << 20) } }));
        Assert.NotNull(NodeDescriptionBounds.FlawOf(new NodeDescription { Resources = new() { MemoryBytes = -1 } }));
        Assert.NotNull(NodeDescriptionBounds.FlawOf(new NodeDescription { EngineVersion = new('1', 1000) }));
    }

    private static SwarmTaskStatus Running(Action<SwarmTaskStatus> change)
    {
        var status = new SwarmTaskStatus { State = TaskState.Running };
        change(status);
        return status;
    }
}
