using System.Text.Json;
using Skein.Manager.Store;
using Skein.Tests.Control;
using Xunit;

namespace Skein.Tests.Api;

public sealed class ServiceRoutesTests : IDisposable
{
    private const string Nameless = """{"TaskTemplate":{"ContainerSpec":{"Image":"httpd"}}}""";

    private readonly ControlWorld _world = new();

    public void Dispose() => _world.Control.Dispose();

    [Fact]
    public async Task A_service_without_a_name_gets_one()
    {
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        var (status, body) = await server.PostAsync("/services/create", Nameless);
        Assert.True(status == 201, body);
        Assert.Equal("able_abel", Assert.Single(_world.Control.Snapshot.Services.All).Spec.Annotations.Name);
    }

    [Fact]
    public async Task An_update_gives_no_name()
    {
        var service = await _world.Control.CreateServiceAsync(ControlWorld.Httpd(), default);
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        Assert.Equal(
            (400, """{"message":"rpc error: code = InvalidArgument desc = meta: name must be provided"}"""),
            await server.PostAsync($"/services/httpd/update?version={service.Meta.Version}", Nameless));
    }

    [Fact]
    public async Task What_a_spec_leaves_out_is_shown_to_who_asks_for_it()
    {
        await _world.Control.CreateServiceAsync(ControlWorld.Httpd(), default);
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));

        var given = await SpecAsync(server, "/services/httpd");
        Assert.False(given.TryGetProperty("UpdateConfig", out _));
        Assert.False(given.GetProperty("TaskTemplate").TryGetProperty("RestartPolicy", out _));

        var meant = await SpecAsync(server, "/services/httpd?insertDefaults=true");
        const string Update = """{"Parallelism":1,"FailureAction":"pause","Monitor":5000000000,"MaxFailureRatio":0,"Order":"stop-first"}""";
        Assert.Equal((Update, Update), (meant.GetProperty("UpdateConfig").GetRawText(), meant.GetProperty("RollbackConfig").GetRawText()));
        var task = meant.GetProperty("TaskTemplate");
        Assert.Equal("""{"Condition":"any","Delay":5000000000,"MaxAttempts":0}""", task.GetProperty("RestartPolicy").GetRawText());
        Assert.Equal("{}", task.GetProperty("Resources").GetRawText());
        Assert.Equal(10_000_000_000, task.GetProperty("ContainerSpec").GetProperty("StopGracePeriod").GetInt64());
        Assert.Null(_world.Control.Find(ObjectKind.Service, "httpd").Spec.Update);
    }

    [Fact]
    public async Task An_update_answers_with_its_warnings_also_when_there_are_none()
    {
        var service = await _world.Control.CreateServiceAsync(ControlWorld.Httpd(), default);
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        var spec = await SpecAsync(server, "/services/httpd");
        Assert.Equal((200, """{"Warnings":null}"""), await server.PostAsync($"/services/httpd/update?version={service.Meta.Version}", spec.GetRawText()));
    }

    [Theory]
    [InlineData("/services/httpd/update", "", "invalid service version '': strconv.ParseUint: parsing \"\": invalid syntax")]
    [InlineData("/services/httpd/update?version=x", "{}", "invalid service version 'x': strconv.ParseUint: parsing \"x\": invalid syntax")]
    [InlineData("/services/nobody/update?version=1", "{}", "mismatched Runtime and *Spec fields")]
    [InlineData("/services/httpd/update?version=99999999999999999999", "{}", "invalid service version '99999999999999999999': strconv.ParseUint: parsing \"99999999999999999999\": value out of range")]
    [InlineData("/nodes/nobody/update?version=-1", """{"Role":"king"}""", "invalid node version '-1': strconv.ParseUint: parsing \"-1\": invalid syntax")]
    [InlineData("/nodes/nobody/update?version=1", """{"Role":"king"}""", "invalid Role: \"king\"")]
    [InlineData("/swarm/update", "{}", "invalid swarm version '': strconv.ParseUint: parsing \"\": invalid syntax")]
    [InlineData("/swarm/update", "[", "invalid JSON: unexpected EOF")]
    public async Task An_update_is_refused_for_its_request_before_its_content(string path, string body, string message)
    {
        await _world.Control.CreateServiceAsync(ControlWorld.Httpd(), default);
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        Assert.Equal((400, message), await MessageAsync(server.PostAsync(path, body)));
    }

    [Theory]
    [InlineData("/services/httpd?insertDefaults=maybe", "invalid value for insertDefaults: maybe: strconv.ParseBool: parsing \"maybe\": invalid syntax")]
    [InlineData("/services?status=2", "invalid value for status: 2: strconv.ParseBool: parsing \"2\": invalid syntax")]
    public async Task A_switch_is_on_or_off(string path, string message)
    {
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        Assert.Equal((400, message), await MessageAsync(server.AskAsync("GET", path)));
    }

    private static async Task<JsonElement> SpecAsync(ApiServer server, string path)
    {
        var (status, body) = await server.AskAsync("GET", path);
        Assert.True(status == 200, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("Spec");
    }

    private static async Task<(int Status, string? Message)> MessageAsync(Task<(int Status, string Body)> answer)
    {
        var (status, body) = await answer;
        return (status, JsonDocument.Parse(body).RootElement.GetProperty("message").GetString());
    }
}
