using System.Text.Json;
using Skein.Tests.Control;
using Xunit;

namespace Skein.Tests.Api;

public sealed class NetworkRoutesTests : IDisposable
{
    private readonly ControlWorld _world = new();

    public void Dispose() => _world.Control.Dispose();

    [Theory]
    [InlineData("builtin", "bridge host none")]
    [InlineData("custom", "docker_gwbridge front ingress")]
    public async Task What_Docker_does_not_bring_is_custom(string type, string names)
    {
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        var (_, body) = await server.AskAsync("GET", $"/networks?filters=%7B%22type%22%3A%5B%22{type}%22%5D%7D");
        using var networks = JsonDocument.Parse(body);
        Assert.Equal(names, string.Join(' ', networks.RootElement.EnumerateArray().Select(n => n.GetProperty("Name").GetString())));
    }

    [Fact]
    public async Task Verbose_is_on_or_off()
    {
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        var (status, body) = await server.AskAsync("GET", "/networks/host?verbose=x");
        Assert.Equal(
            (400, "invalid value for verbose: x: strconv.ParseBool: parsing \"x\": invalid syntax"),
            (status, JsonDocument.Parse(body).RootElement.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Networks_of_the_host_are_listed_with_no_containers_rather_than_null()
    {
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        using var networks = JsonDocument.Parse((await server.AskAsync("GET", "/networks?filters=%7B%22scope%22%3A%5B%22local%22%5D%7D")).Body);
        Assert.All(networks.RootElement.EnumerateArray(), n => Assert.Equal("{}", n.GetProperty("Containers").GetRawText()));
    }
}
