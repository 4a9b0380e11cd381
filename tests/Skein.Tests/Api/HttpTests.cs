using System.IO.Pipelines;
using System.Text;
using Skein.Agent.Containers;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

/// <summary>What no well-behaved client sends, or does.</summary>
public sealed class HttpTests
{
    [Theory]
    [InlineData("GET", "/events?since=99999999999999999999999999")]
    [InlineData("GET", "/events?until=9999999999999999999999999999999999")]
    [InlineData("GET", "/events?since=-1e3")]
    [InlineData("GET", "/containers/c1/logs?stdout=1&since=99999999999999999999")]
    [InlineData("POST", "/containers/prune?filters=%7B%22until%22%3A%5B%2299999999999999999999999999%22%5D%7D")]
    [InlineData("GET", "/containers/json?limit=99999999999999")]
    [InlineData("GET", "/containers/json?filters=%5B1%5D")]
    [InlineData("GET", "/containers/json?filters=%7B%22id%22%3A%5B1%5D%7D")]
    [InlineData("GET", "/containers/json?filters=%7B%22status%22%3A%7B%22x%22%3Atrue%7D%7D")]
    [InlineData("POST", "/containers/c1/resize?h=-1&w=1")]
    [InlineData("POST", "/containers/c1/exec")]
    public async Task Nonsense_is_the_clients_fault_and_not_the_daemons(string method, string path)
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(Definition("c1"), ContainerStatus.Exited);
        var (status, body) = await server.AskAsync(method, path);
        Assert.True(status == 400, $"{status} {body}");
        Assert.StartsWith("{\"message\":\"", body);
    }

    [Theory]
    [InlineData("/containers/json?limit=99999999999999", "value out of range")]
    [InlineData("/containers/json?limit=-99999999999999", "value out of range")]
    [InlineData("/containers/json?limit=-", "invalid syntax")]
    [InlineData("/containers/json?limit=1x", "invalid syntax")]
    public async Task A_number_is_refused_with_Gos_reason(string path, string reason)
    {
        await using var server = await ApiServer.StartAsync();
        Assert.EndsWith(reason + "\"}", (await server.AskAsync("GET", path)).Body);
    }

    [Fact]
    public async Task Of_a_parameter_that_is_given_twice_the_first_counts()
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(Definition("c1"), ContainerStatus.Exited);
        Assert.Contains("/c1", (await server.AskAsync("GET", "/containers/json?all=1&limit=1&limit=x&all=0")).Body);
    }

    [Theory]
    [InlineData("GET http://other/_ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /_ping HTTP/1.1\r\nHost: h\r\nUser-Agent: \u00e9\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /containers/prune HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\nConnection: close\r\n\r\n{}")]
    public async Task What_Gos_server_takes_is_answered(string request)
    {
        await using var server = await ApiServer.StartAsync();
        Assert.StartsWith("HTTP/1.1 200 ", await server.SayAsync(request));
    }

    [Theory]
    [InlineData("GET", "/secrets/s1", 404, "secret s1 not found")]
    [InlineData("DELETE", "/secrets/s1", 404, "secret s1 not found")]
    [InlineData("POST", "/configs/c1/update?version=1", 404, "config c1 not found")]
    [InlineData("POST", "/session", 400, "no upgrade proto in request")]
    [InlineData("POST", "/grpc", 500, "no upgrade proto in request")]
    public async Task What_is_not_done_is_said_by_its_name(string method, string path, int status, string message)
    {
        var world = new Control.ControlWorld();
        await using var server = await ApiServer.StartAsync(new OneManager(world.Control));
        Assert.Equal((status, $$"""{"message":"{{message}}"}"""), await server.AskAsync(method, path));
    }

    [Theory]
    [InlineData("GET", "/nowhere")]
    [InlineData("GET", "/v1.44/some.where")]
    [InlineData("PUT", "/info")]
    [InlineData("GET", "/containers/c1/kill")]
    [InlineData("GET", "/containers/json/")]
    [InlineData("GET", "/v1.44/services/")]
    [InlineData("GET", "/networks/%2F")]
    public async Task What_is_no_page_is_said_so_in_a_body_that_clients_read(string method, string path)
    {
        await using var server = await ApiServer.StartAsync();
        var (status, body) = await server.AskAsync(method, path);
        Assert.Equal((404, """{"message":"page not found"}"""), (status, body));
    }

    [Theory]
    [InlineData("/containers/%2Fc1/json")]
    [InlineData("/v1.44/containers//c1/json")]
    public async Task A_container_is_found_by_the_name_that_it_is_listed_with(string path)
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(Definition("c1"), ContainerStatus.Exited);
        Assert.Equal(200, (await server.AskAsync("GET", path)).Status);
    }

    [Fact]
    public async Task A_container_removed_while_sizes_are_read_breaks_no_list()
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(Definition("c1"), ContainerStatus.Exited);
        foreach (var path in (string[])["/containers/json?all=1&size=1", "/system/df"])
        {
            var (status, body) = await server.AskAsync("GET", path);
            Assert.Equal(200, status);
            Assert.Contains("\"/c1\"", body);
        }
    }

    [Fact]
    public async Task Events_until_a_day_far_ahead_are_followed()
    {
        await using var server = await ApiServer.StartAsync();
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("GET /events?until=9999999999 HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 200", await FirstAsync(socket));
        Assert.Contains("\"NEventsListener\":1", (await server.AskAsync("GET", "/info")).Body);
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("ffffffff\r\n")]
    [InlineData("99999999999999999999\r\n")]
    public async Task A_chunk_without_a_length_is_refused_where_the_connection_is_taken_over_too(string chunk)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.SayAsync($"POST /exec/e1/start HTTP/1.1\r\nHost: h\r\nUpgrade: tcp\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        Assert.StartsWith("HTTP/1.1 400 ", answer);
    }

    [Fact]
    public async Task A_start_that_cannot_be_read_is_refused_while_the_connection_is_https_still()
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.SayAsync("POST /exec/e1/start HTTP/1.1\r\nHost: h\r\nUpgrade: tcp\r\nConnection: Upgrade\r\nContent-Length: 1\r\n\r\nx");
        Assert.StartsWith("HTTP/1.1 400 ", answer);
    }

    [Fact]
    public async Task An_attached_client_that_is_gone_lets_go_of_what_it_did_not_ask_for_as_well()
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(Definition("c1"), ContainerStatus.Running);
        var (output, errors) = (new Pipe(), new Pipe());
        server.Containers.Streams = new FakeStreams(output.Reader.AsStream(), errors.Reader.AsStream());
        using (var socket = await server.ConnectAsync())
        {
            await socket.SendAsync("POST /containers/c1/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: h\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n"u8.ToArray());
            Assert.Contains("101 UPGRADED", await FirstAsync(socket));
            // Nobody reads this one: it must not hold the process up.
            await Poll.UntilAsync("the stream nobody asked for is left", () => errors.Writer.WriteAsync(new byte[10]).AsTask().Result.IsCompleted);
        }
        await Poll.UntilAsync("the stream of the client that is gone is left", () => output.Writer.WriteAsync(new byte[10]).AsTask().Result.IsCompleted);
    }

    [Fact]
    public async Task A_command_that_runs_detached_is_held_up_by_nobody()
    {
        await using var server = await ApiServer.StartAsync();
        var output = new Pipe();
        server.Containers.Streams = new FakeStreams(output.Reader.AsStream(), Stream.Null);
        var answer = await server.SayAsync(
            "POST /exec/e1/start HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"Detach\":true}");
        Assert.StartsWith("HTTP/1.1 200", answer);
        Assert.True((await output.Writer.WriteAsync(new byte[10])).IsCompleted);
    }

    private static async Task<string> FirstAsync(System.Net.Sockets.Socket socket)
    {
        var buffer = new byte[4096];
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Poll.Soon));
    }

    private static ContainerDefinition Definition(string id) => new() { Id = id, Name = id, Spec = new() { Image = "httpd" } };
}
