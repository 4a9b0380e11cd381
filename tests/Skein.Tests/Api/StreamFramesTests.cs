using System.IO.Pipelines;
using Skein.Agent.Containers;
using Skein.Api.Containers;
using Skein.Api.Hijack;
using Xunit;

namespace Skein.Tests.Api;

public class StreamFramesTests
{
    [Fact]
    public async Task A_frame_is_stream_length_and_content()
    {
        var pipe = new Pipe();
        StreamFrames.WriteFrame(pipe.Writer, LogStream.Stderr, "hello\n"u8);
        await pipe.Writer.CompleteAsync();
        var read = await pipe.Reader.ReadAsync();
        Assert.Equal([2, 0, 0, 0, 0, 0, 0, 6, .. "hello\n"u8], System.Buffers.BuffersExtensions.ToArray(read.Buffer));
    }

    [Theory]
    [InlineData(51, false, "multiplexed")]
    [InlineData(42, false, "multiplexed")]
    [InlineData(41, false, "raw")]
    [InlineData(42, true, "raw")]
    public void A_client_is_told_the_type_that_it_knows(int version, bool tty, string type) =>
        Assert.Equal($"application/vnd.docker.{type}-stream", StreamFrames.ContentType(tty, new(1, version)));

    [Fact]
    public async Task What_a_process_prints_after_its_input_ended_is_delivered()
    {
        var output = new Pipe();
        var toClient = new Pipe();
        var fromClient = new Pipe();
        var stdin = new EndOfInput();
        var streams = new Streams(stdin, output.Reader.AsStream());
        var pump = StreamPump.RunAsync(streams, new ConnectionClient(fromClient.Reader, toClient.Writer, streams.Tty), DetachKeys.Parse("", "detach"), CancellationToken.None, CancellationToken.None);
        await fromClient.Writer.CompleteAsync();
        await stdin.Closed.Task.WaitAsync(Poll.Patience);   // deadline: the end of input reaches the process
        await output.Writer.WriteAsync("late"u8.ToArray());
        await output.Writer.CompleteAsync();
        streams.End.SetResult(0);
        await pump.WaitAsync(Poll.Patience);           // deadline: the pump ends with the process
        var read = await toClient.Reader.ReadAsync();
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 4, .. "late"u8], System.Buffers.BuffersExtensions.ToArray(read.Buffer));
    }

    [Fact]
    public async Task A_process_that_ends_does_not_wait_for_its_client_to_close_its_input()
    {
        var output = new Pipe();
        var streams = new Streams(new EndlessClose(), output.Reader.AsStream());
        var pump = StreamPump.RunAsync(streams, new ConnectionClient(new Pipe().Reader, new Pipe().Writer, streams.Tty), DetachKeys.Parse("", "detach"), CancellationToken.None, CancellationToken.None);
        await output.Writer.CompleteAsync();
        streams.End.SetResult(0);
        await pump.WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task A_daemon_that_stops_tells_the_client_and_leaves_the_process_its_input()
    {
        var (toClient, stdin) = (new Pipe(), new EndOfInput());
        using var daemon = new CancellationTokenSource();
        var streams = new Streams(stdin, new Pipe().Reader.AsStream());
        var client = new ConnectionClient(new Pipe().Reader, toClient.Writer, tty: false);
        var pump = StreamPump.RunAsync(streams, client, DetachKeys.Parse("", "detach"), daemon.Token, CancellationToken.None);
        await daemon.CancelAsync();
        await pump.WaitAsync(Poll.Patience);           // deadline: the pump ends though the process does not
        var told = System.Buffers.BuffersExtensions.ToArray((await toClient.Reader.ReadAsync()).Buffer);
        Assert.Equal(3, told[0]);
        Assert.Contains("the container goes on running", System.Text.Encoding.UTF8.GetString(told, StreamFrames.HeaderLength, told.Length - StreamFrames.HeaderLength));
        Assert.False(stdin.Closed.Task.IsCompleted);
    }

    /// <summary>As the input of a container is that has not been started.</summary>
    private sealed class EndlessClose : MemoryStream
    {
        public override async ValueTask DisposeAsync() => await new TaskCompletionSource().Task;
    }

    private sealed class EndOfInput : MemoryStream
    {
        public TaskCompletionSource Closed { get; } = new();

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            Closed.TrySetResult();
        }
    }

    private sealed class Streams(Stream stdin, Stream stdout) : IContainerStreams
    {
        public TaskCompletionSource<int> End { get; } = new();

        public Stream? Stdin => stdin;

        public Stream? Stdout => stdout;

        public Stream? Stderr => null;

        public bool Tty => false;

        public Task<int> Completion => End.Task;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
