using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Skein.Agent.Containers;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

/// <summary>How clients of all kinds use a connection: their line ends, and one request after the other before a stream.</summary>
public sealed class ConnectionTests
{
    private const string Ping = "GET /_ping HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData("GET /_ping HTTP/1.1\r\nUser-Agent: a\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /_ping HTTP/1.1\r\nUser-Agent: a\nHost: x\nConnection: close\n\r\n")]   // Docker.DotNet
    [InlineData("GET /_ping HTTP/1.1\r\nUser-Agent: a\nHost: x\nConnection: close\r\n\r\n")]
    [InlineData("GET /_ping HTTP/1.1\nHost: x\nConnection: close\n\n")]
    [InlineData("GET /_ping HTTP/1.1\r\nUser-Agent: a\nHost: x\nConnection: close\n\r\n\r\n")]
    [InlineData("GET /_ping HTTP/1.1\nHost: x\n\nGET /_ping HTTP/1.1\nHost: x\nConnection: close\n\n")]
    public async Task A_head_is_answered_whatever_ends_its_lines(string request)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.SayAsync(request);
        Assert.StartsWith("HTTP/1.1 200 OK", answer);
        Assert.Contains("\r\n\r\nOK", answer);
    }

    [Fact]
    public async Task Requests_arrive_byte_by_byte_and_several_at_once()
    {
        await using var server = await ApiServer.StartAsync();
        const string Create = "POST /services/create HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
        var all = Ping + Create + "Content-Length: 2\r\n\r\n{}" + Create + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
            + "GET /_ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        var whole = await server.SayAsync(all);
        Assert.Equal(["200", "503", "503", "200"], Statuses(whole));

        using var socket = await server.ConnectAsync();
        foreach (var one in Encoding.ASCII.GetBytes(all)) await socket.SendAsync(new[] { one });
        Assert.Equal(["200", "503", "503", "200"], Statuses(await ApiServer.ToEndAsync(socket)));
    }

    [Fact]
    public async Task A_head_without_end_is_refused()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.StartsWith("HTTP/1.1 431 ", await server.SayAsync("GET /_ping HTTP/1.1\r\nHost: h\r\nX: " + new string('x', 64 * 1024)));
    }

    /// <summary>Go's server joins such lines; HTTP lets a server refuse them, and nobody sends them.</summary>
    [Theory]
    [InlineData("GET /_ping")]
    [InlineData("POST /exec/e1/start")]
    [InlineData("POST /containers/c1/attach?stream=1")]
    public async Task A_header_that_goes_on_in_the_next_line_is_refused(string request)
    {
        await using var server = await ApiServer.StartAsync();
        Assert.StartsWith("HTTP/1.1 400 ", await server.SayAsync($"{request} HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 5\r\n\r\nhello"));
    }

    [Theory]
    [InlineData("", "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n")]
    [InlineData("Upgrade: tcp\r\nConnection: Upgrade\r\n", "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n")]
    public async Task A_kept_connection_becomes_the_commands_with_or_without_upgrade(string upgrade, string head)
    {
        await using var server = await ApiServer.StartAsync();
        foreach (var path in (string[])["/exec/e1/start", "/v1.44/containers/c1/attach?stdin=1&stdout=1&stream=1"])
        {
            server.Containers.Put(ApiServer.Container, ContainerStatus.Running);
            var (stdin, stdout) = (new Pipe(), new Pipe());
            server.Containers.Streams = new FakeStreams(stdout.Reader.AsStream(), Stream.Null, stdin.Writer.AsStream());
            using var socket = await server.ConnectAsync();
            await socket.SendAsync(Encoding.ASCII.GetBytes(Ping));
            Assert.EndsWith("OK", await UntilAsync(socket, "OK", skip: "HTTP/1.1 200 OK".Length));
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: h\r\n{upgrade}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}typed"));
            Assert.StartsWith(head, await UntilAsync(socket, "\r\n\r\n"));
            Assert.Equal("typed", Encoding.ASCII.GetString((await stdin.Reader.ReadAtLeastAsync(5, Poll.Soon)).Buffer.ToArray()));
            await stdout.Writer.WriteAsync("said"u8.ToArray());
            Assert.Equal("\u0001\0\0\0\0\0\0\u0004said", await UntilAsync(socket, "said"));
        }
    }

    /// <summary>`echo typed | docker exec -i`: all is said, and the sending side closed, before anything is answered.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(Ping)]
    public async Task A_client_that_has_said_all_at_once_is_served(string before)
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(ApiServer.Container, ContainerStatus.Running);
        for (var round = 0; round < 30; round++)
        {
            var typed = new Pipe();
            var streams = new FakeStreams(typed.Reader.AsStream(), Stream.Null, typed.Writer.AsStream());
            streams.Exit.SetResult(0);
            server.Containers.Streams = streams;
            using var socket = await server.ConnectAsync();
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                before + "POST /exec/e1/start HTTP/1.1\r\nHost: h\r\nUpgrade: tcp\r\nConnection: Upgrade\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}typed"));
            socket.Shutdown(SocketShutdown.Send);
            var answer = await ApiServer.ToEndAsync(socket);
            Assert.True(answer.EndsWith("\u0001\0\0\0\0\0\0\u0005typed", StringComparison.Ordinal), $"round {round}: {answer}");
        }
    }

    /// <summary>Whoever asks for a terminal at the exec's making, and not at its start, reads frames: docker-py does.</summary>
    [Theory]
    [InlineData("{}", "multiplexed", "\u0001\0\0\0\0\0\0\u0003out")]
    [InlineData("""{"Tty":true}""", "raw", "\r\n\r\nout")]
    public async Task The_start_of_an_exec_says_how_its_terminal_is_read(string body, string type, string end)
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(ApiServer.Container, ContainerStatus.Running);
        var streams = new FakeStreams(new MemoryStream("out"u8.ToArray()), Stream.Null, tty: true);
        streams.Exit.SetResult(0);
        server.Containers.Streams = streams;
        using var socket = await server.ConnectAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"POST /exec/e1/start HTTP/1.1\r\nHost: h\r\nUpgrade: tcp\r\nConnection: Upgrade\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        socket.Shutdown(SocketShutdown.Send);
        var answer = await ApiServer.ToEndAsync(socket);
        Assert.Contains($"Content-Type: application/vnd.docker.{type}-stream", answer, StringComparison.Ordinal);
        Assert.EndsWith(end, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_has_closed_its_sending_side_is_answered()
    {
        await using var server = await ApiServer.StartAsync();
        for (var round = 0; round < 30; round++)
        {
            using var socket = await server.ConnectAsync();
            await socket.SendAsync(Encoding.ASCII.GetBytes(Ping));
            socket.Shutdown(SocketShutdown.Send);
            var answer = await ApiServer.ToEndAsync(socket);
            Assert.True(answer.EndsWith("OK", StringComparison.Ordinal), $"round {round}: {answer}");
        }
    }

    [Fact]
    public async Task Below_1_42_the_type_is_the_raw_streams()
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Streams = new FakeStreams(Stream.Null, Stream.Null);
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("POST /v1.41/exec/e1/start HTTP/1.1\r\nHost: h\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n"u8.ToArray());
        Assert.Contains("Content-Type: application/vnd.docker.raw-stream\r\n", await UntilAsync(socket, "\r\n\r\n"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task A_document_of_a_stream_is_one_chunk_with_its_end(int length)
    {
        await using var server = await ApiServer.StartAsync();
        server.Images.Says = [new("", new string('x', length), null, null), new("", "y", 1, 2)];
        var answer = await server.PostAsync("/images/create?fromImage=httpd&tag=2", "");
        Assert.Equal(
            [$$"""{"status":"{{new string('x', length)}}"}""" + "\r\n", """{"status":"y","progressDetail":{"current":1,"total":2}}""" + "\r\n"],
            Chunks(answer.Body));
    }

    private static IEnumerable<string> Chunks(string body)
    {
        while (Convert.ToInt32(body[..body.IndexOf('\r')], 16) is > 0 and var size)
        {
            var start = body.IndexOf('\n') + 1;
            yield return body.Substring(start, size);
            body = body[(start + size + 2)..];
        }
    }

    private static IEnumerable<string> Statuses(string answers) => answers.Split("HTTP/1.1 ").Skip(1).Select(a => a[..3]);

    private static async Task<string> UntilAsync(Socket socket, string end, int skip = 0)
    {
        var (said, buffer) = (new StringBuilder(), new byte[4096]);
        while (said.Length < skip || !said.ToString()[skip..].Contains(end, StringComparison.Ordinal))
        {
            var count = await socket.ReceiveAsync(buffer, Poll.Soon);
            Assert.True(count > 0, $"closed after: {said}");
            said.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        return said.ToString();
    }
}
