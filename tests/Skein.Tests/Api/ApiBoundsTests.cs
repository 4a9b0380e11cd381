using System.Net.Sockets;
using Xunit;

namespace Skein.Tests.Api;

/// <summary>What a client of the API may send at most, before it is held in memory.</summary>
public sealed class ApiBoundsTests
{
    [Fact]
    public async Task A_gigabyte_of_JSON_is_refused_by_its_length()
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.SayAsync("POST /networks/create HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{");
        Assert.StartsWith("HTTP/1.1 413 ", answer);
    }

    [Fact]
    public async Task A_head_has_an_end()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.StartsWith("HTTP/1.1 431 ", await server.SayAsync($"GET /_ping HTTP/1.1\r\nHost: h\r\nX: {new string('x', 64 << 10)}\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 414 ", await server.SayAsync($"GET /_ping?{new string('x', 64 << 10)} HTTP/1.1\r\nHost: h\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 414 ", await server.SayAsync($"GET /_ping?{new string('x', 200 << 10)} HTTP/1.1\r\nHost: h\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200 ", await server.SayAsync($"GET /_ping?{new string('x', 31 << 10)} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    }

    [Fact]
    public async Task A_document_of_the_largest_that_is_meant_is_read()
    {
        await using var server = await ApiServer.StartAsync();
        var (status, body) = await server.PostAsync("/networks/create", $$"""{"Name":"{{new string('x', 2 << 20)}}"}""");
        Assert.True(status is not (413 or 500), $"{status} {body}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /_pi")]
    [InlineData("GET /_ping HTTP/1.1\r\nHost: h\r\n")]
    [InlineData("GET /_ping HTTP/1.1\r\nHost: h\r\n\r\nGET /_ping HTTP/1.1\r\n")]
    public async Task Who_never_says_a_whole_head_is_let_go(string said)
    {
        await using var server = await ApiServer.StartAsync(idle: TimeSpan.FromSeconds(2));
        await server.SayAsync(said);
    }

    [Fact]
    public async Task Who_follows_and_is_gone_is_let_go()
    {
        await using var server = await ApiServer.StartAsync();
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("GET /events HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);
        Assert.StartsWith("HTTP/1.1 200 ", await ApiServer.ToEndAsync(socket));
    }
}
