using Skein.Agent.Containers;
using Skein.Model;
using Skein.Tests.Control;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

public class LogRoutesTests
{
    private readonly ControlWorld _world = new();

    [Theory]
    [InlineData("x", "tail value must be a positive integer or \\\"all\\\"")]
    [InlineData("-1", "negative tail values not supported")]
    public async Task A_services_logs_refuse_a_tail_that_is_no_count(string tail, string message)
    {
        await _world.Control.CreateServiceAsync(ControlWorld.Httpd(), default);
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        var answer = await server.AskAsync("GET", $"/services/httpd/logs?stdout=1&tail={tail}");
        Assert.Equal((400, $$"""{"message":"{{message}}"}"""), answer);
    }

    [Theory]
    [InlineData("/v1.41/containers/c1/logs?stdout=1", "application/vnd.docker.raw-stream")]
    [InlineData("/v1.42/containers/c1/logs?stdout=1", "application/vnd.docker.multiplexed-stream")]
    [InlineData("/v1.41/volumes", "application/json")]
    public async Task The_type_is_the_one_of_the_clients_version(string path, string type)
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(Definition("c1"), ContainerStatus.Exited);
        server.Containers.Logs = (_, _, _) => AsyncEnumerable.Empty<ContainerLogLine>();
        Assert.Contains($"\r\nContent-Type: {type}\r\n", await server.SayAsync($"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    }

    private static ContainerDefinition Definition(string id) => new() { Id = id, Name = id, Spec = new() { Image = "httpd" } };
}
