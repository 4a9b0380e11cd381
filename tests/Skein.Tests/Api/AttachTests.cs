using System.IO.Pipelines;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Skein.Agent.Containers;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

/// <summary>An attach by a websocket, and by either way with what was printed before.</summary>
public sealed class AttachTests : IAsyncLifetime
{
    private const string All = "logs=1&stream=1&stdin=1&stdout=1&stderr=1";

    private readonly Pipe _stdin = new();
    private readonly Pipe _stdout = new();
    private readonly Pipe _stderr = new();
    private ApiServer _server = null!;
    private FakeStreams _streams = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _server.Containers.Put(ApiServer.Container, ContainerStatus.Running);
        _server.Containers.Streams = _streams = new FakeStreams(_stdout.Reader.AsStream(), _stderr.Reader.AsStream(), _stdin.Writer.AsStream());
        _server.Containers.Logs = (_, query, _) => Lines(query).ToAsyncEnumerable();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/v1.27", "", WebSocketMessageType.Text)]
    [InlineData("/v1.28", "", WebSocketMessageType.Binary)]
    [InlineData("", "&stdin=1&stdout=1&stderr=1", WebSocketMessageType.Binary)]
    public async Task A_websocket_is_told_what_was_printed_then_what_is_and_types(string version, string named, WebSocketMessageType type)
    {
        using var socket = await ConnectAsync($"{version}/containers/c1/attach/ws?logs=1&stream=1{named}");
        Assert.Equal((type, "said\n"), await NextAsync(socket));
        Assert.Equal((type, "complained\n"), await NextAsync(socket));
        await _stdout.Writer.WriteAsync("says"u8.ToArray());
        Assert.Equal((type, "says"), await NextAsync(socket));
        await _stderr.Writer.WriteAsync("complains"u8.ToArray());
        Assert.Equal((type, "complains"), await NextAsync(socket));
        await socket.SendAsync("typed"u8.ToArray(), WebSocketMessageType.Text, true, Poll.Soon);
        Assert.Equal("typed", Encoding.ASCII.GetString((await _stdin.Reader.ReadAtLeastAsync(5, Poll.Soon)).Buffer.FirstSpan));
    }

    [Fact]
    public async Task A_websocket_gets_the_streams_it_names()
    {
        using var socket = await ConnectAsync("/containers/c1/attach/ws?logs=1&stream=1&stderr=1");
        Assert.Equal("complained\n", (await NextAsync(socket)).Text);
        await Poll.UntilAsync("the stream nobody asked for is left", () => _stdout.Writer.WriteAsync(new byte[10]).AsTask().Result.IsCompleted);
    }

    [Fact]
    public async Task A_websocket_that_closes_ends_the_attach_and_is_answered()
    {
        using var socket = await ConnectAsync($"/containers/c1/attach/ws?{All}");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Poll.Soon);
        await LeftAsync();
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    /// <summary>Though the process takes no more input.</summary>
    [Fact]
    public async Task A_websocket_that_vanishes_ends_the_attach()
    {
        await _stdin.Reader.CompleteAsync(new IOException("closed"));
        using (var socket = await ConnectAsync("/containers/c1/attach/ws?stream=1&stdin=1&stdout=1&stderr=1"))
        {
            for (var i = 0; i < 3; i++) await socket.SendAsync("typed"u8.ToArray(), WebSocketMessageType.Binary, true, Poll.Soon);
        }
        await LeftAsync();
    }

    [Fact]
    public async Task A_process_that_ends_closes_the_websocket()
    {
        using var socket = await ConnectAsync("/containers/c1/attach/ws?stream=1&stdout=1&stderr=1");
        await _stdout.Writer.WriteAsync("last"u8.ToArray());
        await _stdout.Writer.CompleteAsync();
        await _stderr.Writer.CompleteAsync();
        _streams.Exit.SetResult(0);
        Assert.Equal("last", (await NextAsync(socket)).Text);
        Assert.Equal(WebSocketMessageType.Close, (await NextAsync(socket)).Type);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task A_message_of_any_length_is_taken_in_pieces()
    {
        var sink = new PieceSink();
        _server.Containers.Streams = new FakeStreams(_stdout.Reader.AsStream(), _stderr.Reader.AsStream(), sink);
        using var socket = await ConnectAsync("/containers/c1/attach/ws?stream=1&stdin=1");
        await socket.SendAsync(new byte[32 << 20], WebSocketMessageType.Binary, true, Poll.Soon);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Poll.Soon);
        Assert.Equal(WebSocketMessageType.Close, (await NextAsync(socket)).Type);
        Assert.Equal(32 << 20, sink.Total);
        Assert.InRange(sink.Largest, 1, 16 << 10);
    }

    [Fact]
    public async Task What_is_no_websocket_or_no_container_is_refused_before()
    {
        Assert.Equal((400, """{"message":"not websocket protocol"}"""), Trimmed(await _server.AskAsync("GET", "/containers/c1/attach/ws?stream=1")));
        Assert.Equal((404, """{"message":"No such container: c2"}"""), Trimmed(await _server.AskAsync("GET", "/containers/c2/attach/ws?stream=1")));
    }

    [Fact]
    public async Task Logs_without_stream_end_with_what_was_printed()
    {
        Assert.EndsWith("\u0001\0\0\0\0\0\0\u0005said\n\u0002\0\0\0\0\0\0\u000bcomplained\n", await PostAsync("logs=1&stdout=1&stderr=1"));
        await LeftAsync();
        using var socket = await ConnectAsync("/containers/c1/attach/ws?logs=1&stdout=1");
        Assert.Equal("said\n", (await NextAsync(socket)).Text);
        Assert.Equal(WebSocketMessageType.Close, (await NextAsync(socket)).Type);
    }

    [Fact]
    public async Task Logs_with_stream_are_followed_by_it()
    {
        await _stdout.Writer.WriteAsync("says"u8.ToArray());
        await _stdout.Writer.CompleteAsync();
        await _stderr.Writer.CompleteAsync();
        _streams.Exit.SetResult(0);
        Assert.EndsWith("\u0001\0\0\0\0\0\0\u0005said\n\u0001\0\0\0\0\0\0\u0004says", await PostAsync("logs=1&stream=1&stdout=1"));
    }

    [Fact]
    public async Task Logs_that_cannot_be_read_are_refused_while_the_connection_is_https_still()
    {
        _server.Containers.Logs = (_, _, _) => throw SkeinException.NotImplemented("configured logging driver does not support reading");
        Assert.StartsWith("HTTP/1.1 501 ", await PostAsync("logs=1&stream=1&stdout=1"));
        await LeftAsync();
    }

    private static IEnumerable<ContainerLogLine> Lines(LogQuery query)
    {
        if (query.Stdout) yield return new(DateTimeOffset.UnixEpoch, LogStream.Stdout, "said\n"u8.ToArray());
        if (query.Stderr) yield return new(DateTimeOffset.UnixEpoch, LogStream.Stderr, "complained\n"u8.ToArray());
    }

    private Task<string> PostAsync(string query) =>
        _server.SayAsync($"POST /containers/c1/attach?{query} HTTP/1.1\r\nHost: h\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n");

    private async Task LeftAsync()
    {
        foreach (var output in (Pipe[])[_stdout, _stderr])
            await Poll.UntilAsync("its outputs are left", () => output.Writer.WriteAsync(new byte[10]).AsTask().Result.IsCompleted);
    }

    private async Task<ClientWebSocket> ConnectAsync(string path)
    {
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, _) => new NetworkStream(await _server.ConnectAsync(), ownsSocket: true),
        }, disposeHandler: false);
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri("ws://h" + path), invoker, Poll.Soon);
        return socket;
    }

    private static async Task<(WebSocketMessageType Type, string Text)> NextAsync(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), Poll.Soon);
        return (got.MessageType, Encoding.ASCII.GetString(buffer, 0, got.Count));
    }

    private static (int Status, string Body) Trimmed((int Status, string Body) answer) => (answer.Status, answer.Body.Trim());

    [Theory]
    [InlineData("", "\u0010\u0011")]
    [InlineData("&detachKeys=ctrl-x%2Cx", "\u0018x")]
    public async Task A_terminal_is_left_by_the_keys_and_its_process_goes_on(string named, string keys)
    {
        _server.Containers.Streams = _streams = new FakeStreams(_stdout.Reader.AsStream(), _stderr.Reader.AsStream(), _stdin.Writer.AsStream(), tty: true);
        using var connection = await _server.ConnectAsync();
        await connection.SendAsync(Encoding.ASCII.GetBytes(
            $"POST /containers/c1/attach?stream=1&stdin=1&stdout=1{named} HTTP/1.1\r\nHost: h\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\ntyped{keys}"));
        Assert.Contains("101 UPGRADED", await ApiServer.ToEndAsync(connection));
        Assert.Equal("typed", Encoding.ASCII.GetString((await _stdin.Reader.ReadAtLeastAsync(5, Poll.Soon)).Buffer.FirstSpan));
        Assert.False(_streams.Completion.IsCompleted);
    }

    [Theory]
    [InlineData("", "\u0010\u0011")]
    [InlineData("&detachKeys=ctrl-x%2Cx", "\u0018x")]
    public async Task A_websocket_is_closed_at_the_keys(string named, string keys)
    {
        _server.Containers.Streams = new FakeStreams(_stdout.Reader.AsStream(), _stderr.Reader.AsStream(), _stdin.Writer.AsStream(), tty: true);
        using var socket = await ConnectAsync($"/containers/c1/attach/ws?stream=1&stdin=1&stdout=1{named}");
        await socket.SendAsync(Encoding.ASCII.GetBytes(keys), WebSocketMessageType.Binary, true, Poll.Soon);
        Assert.Equal(WebSocketMessageType.Close, (await NextAsync(socket)).Type);
    }

    [Fact]
    public async Task Keys_that_are_none_are_refused()
    {
        Assert.EndsWith("""{"message":"Invalid detach keys (foo) provided"}""", await PostAsync("stream=1&detachKeys=foo"));
        Assert.Equal(
            (400, """{"message":"Invalid escape keys (foo) provided"}"""),
            await _server.PostAsync("/containers/c1/exec", """{"Cmd":["sh"],"DetachKeys":"foo"}"""));
    }
}
