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
    }

    [Fact]
    public async Task A_document_of_the_largest_that_is_meant_is_read()
    {
        await using var server = await ApiServer.StartAsync();
        var (status, body) = await server.PostAsync("/networks/create", $$"""{"Name":"{{new string('x', 2 << 20)}}"}""");
        Assert.True(status is not (413 or 500), $"{status} {body}");
    }
}
