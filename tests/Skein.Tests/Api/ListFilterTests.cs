using Skein.Tests.Control;
using Xunit;

namespace Skein.Tests.Api;

public sealed class ListFilterTests : IDisposable
{
    private readonly ControlWorld _world = new();

    public void Dispose() => _world.Control.Dispose();

    [Theory]
    [InlineData("/nodes", "name")]
    [InlineData("/services", "name")]
    [InlineData("/tasks", "name")]
    [InlineData("/secrets", "name")]
    [InlineData("/configs", "name")]
    [InlineData("/networks", "name")]
    [InlineData("/volumes", "name")]
    [InlineData("/containers/json", "name")]
    [InlineData("/images/json", "reference")]
    public async Task Every_list_takes_filters_in_both_forms_from_the_first_version_on(string path, string key)
    {
        await _world.Control.CreateServiceAsync(ControlWorld.Httpd(), default);
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        foreach (var version in (string[])["/v1.24", "/v1.40", "/v1.51"])
        {
            var older = await AskAsync(server, version + path, key, """["none"]""");
            Assert.Equal(200, older.Status);
            Assert.Equal(older, await AskAsync(server, version + path, key, """{"none":true}"""));
        }
    }

    private static Task<(int Status, string Body)> AskAsync(ApiServer server, string path, string key, string values) =>
        server.AskAsync("GET", $"{path}?filters={Uri.EscapeDataString($"{{\"{key}\":{values}}}")}");
}
