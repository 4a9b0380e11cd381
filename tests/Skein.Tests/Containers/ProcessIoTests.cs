using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Containers.Io;
using Skein.Agent.Containers.Logs;
using Skein.Agent.Containers.Logs.Collectors;
using Skein.Linux.Pipes;
using Xunit;

namespace Skein.Tests.Containers;

/// <summary>A process's streams over its end, on real FIFOs.</summary>
public sealed class ProcessIoTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-io-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly PipePoller _poller = new();

    public void Dispose()
    {
        _poller.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Input_that_its_client_has_not_closed_ends_with_the_process()
    {
        var input = new InputHub();
        var client = input.Attach(closesInput: true);
        input.Reset();

        await client.DisposeAsync().AsTask().WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task What_a_client_of_the_process_before_writes_is_not_the_next_ones_input()
    {
        var path = Path.Combine(_folder, "stdin");
        Fifo.Create(path);
        using var process = Fifo.OpenRead(_poller, path);
        var input = new InputHub();
        var before = input.Attach(closesInput: true);
        input.Reset();
        var now = input.Attach(closesInput: true);
        var closed = false;
        input.Open(_poller, path, () =>
        {
            closed = true;
            return Task.CompletedTask;
        }, _time);

        await before.WriteAsync("old"u8.ToArray(), Poll.Soon);
        await before.DisposeAsync();
        Assert.False(closed);
        await now.WriteAsync("new"u8.ToArray(), Poll.Soon);
        await now.DisposeAsync();
        Assert.True(closed);
        var read = new byte[8];
        Assert.Equal("new"u8.ToArray(), read[..await process.ReadAsync(read, Poll.Soon)]);
    }

    [Fact]
    public async Task What_is_written_before_the_shim_has_opened_its_end_waits_for_it()
    {
        var path = Path.Combine(_folder, "stdin");
        Fifo.Create(path);
        var input = new InputHub();
        input.Open(_poller, path, () => Task.CompletedTask, TimeProvider.System);
        await using var client = input.Attach(closesInput: true);
        var writing = client.WriteAsync("early"u8.ToArray(), Poll.Soon).AsTask();

        using var process = Fifo.OpenRead(_poller, path);
        await writing;
        var read = new byte[8];
        Assert.Equal("early"u8.ToArray(), read[..await process.ReadAsync(read, Poll.Soon)]);
    }

    [Fact]
    public async Task A_slow_reader_loses_nothing_and_does_not_hold_up_the_end()
    {
        var io = NewIo();
        io.Open(_poller, log: null);
        await using var streams = io.Attach(Task.FromResult(0));
        // What holds the pump up, and something in the pipe behind it.
        var written = (1 << 20) + (40 << 10);
        using (var process = Fifo.OpenWrite(_poller, io.Paths.Stdout)) await process.WriteAsync(new byte[written], Poll.Soon);

        await io.EndAsync(Patience, _time).WaitAsync(Poll.Patience);

        using var seen = new MemoryStream();
        await streams.Stdout!.CopyToAsync(seen, Poll.Soon);
        Assert.Equal(written, seen.Length);
    }

    [Fact]
    public async Task A_grandchild_that_keeps_the_stream_is_waited_for_as_long_as_said()
    {
        var io = NewIo();
        io.Open(_poller, log: null);
        await using var streams = io.Attach(Task.FromResult(0));
        using var grandchild = Fifo.OpenWrite(_poller, io.Paths.Stdout);
        await grandchild.WriteAsync("last"u8.ToArray(), Poll.Soon);
        var buffer = new byte[8];
        Assert.Equal(4, await streams.Stdout!.ReadAsync(buffer, Poll.Soon));

        var end = io.EndAsync(Patience, _time);
        _time.Advance(Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(end.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await end.WaitAsync(Poll.Patience);
        Assert.Equal(0, await streams.Stdout!.ReadAsync(buffer, Poll.Soon));
    }

    [Fact]
    public async Task A_collector_that_takes_nothing_does_not_hold_up_the_end()
    {
        var io = NewIo();
        var stuck = new StuckCollector();
        var collection = new LogCollection(() => stuck, "id", null, TimeProvider.System, NullLogger.Instance);
        using var log = new ContainerLog(_folder, LogLimits.Of(null), TimeProvider.System, NullLogger.Instance) { Collection = collection };
        await collection.OpenAsync(Poll.Soon);
        io.Open(_poller, log);
        // More lines than a queue has, and the last without its end.
        using (var process = Fifo.OpenWrite(_poller, io.Paths.Stdout))
            await process.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("x\n", 3000)) + "last"), Poll.Soon);

        var end = io.EndAsync(Patience, _time);
        _time.Advance(Patience);
        await end.WaitAsync(Poll.Patience);
        await collection.CloseAsync().WaitAsync(Poll.Patience);
    }

    private sealed class StuckCollector : ILogCollector
    {
        public Task ConnectAsync(CancellationToken cancel) => Task.CompletedTask;

        public async ValueTask SendAsync(CollectedLine line, CancellationToken cancel) => await Task.Delay(Timeout.Infinite, cancel);

        public void Dispose()
        {
        }
    }

    private ProcessIo NewIo() => new(StdioPaths.In(_folder, "", stdin: false, stdout: true, stderr: false), tty: false);
}
