using Skein.Model;
using Skein.Tests.Control;
using Xunit;

namespace Skein.Tests.Api;

public class TaskListTests
{
    private readonly ControlWorld _world = new();

    [Fact]
    public async Task A_task_whose_node_satisfies_the_changed_placement_is_up_to_date_as_the_client_waits_for()
    {
        var service = await _world.Control.CreateServiceAsync(ControlWorld.Httpd(), default);
        _world.Store.Commit(c =>
        {
            c.Put(new Node { Id = "n1", Spec = new(), Description = new() { Platform = new() { Os = "linux", Architecture = "x86_64" } } });
            c.Put(new SwarmTask { Id = "t1", ServiceId = service.Id, NodeId = "n1", Spec = service.Spec.Task.Clone(), SpecVersion = service.SpecVersion });
        });
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));

        var placed = await _world.UpdateAsync(service, spec => spec.Task.Placement = new() { Constraints = { "node.platform.os==linux" } });
        Assert.NotEqual(service.SpecVersion, placed.SpecVersion);
        Assert.Contains("\"t1\"", await UpToDateAsync(server));

        await _world.UpdateAsync(placed, spec => spec.Task.Container.Image = "httpd:2");
        Assert.DoesNotContain("\"t1\"", await UpToDateAsync(server));
    }

    [Fact]
    public async Task A_tasks_labels_are_its_services()
    {
        _world.Store.Commit(c => c.Put(new SwarmTask
        {
            Id = "t1",
            Annotations = new() { Name = "web.1.t1" },
            ServiceAnnotations = new() { Name = "web", Labels = { ["com.docker.stack.namespace"] = "shop" } },
            Spec = new() { Container = new() { Image = "httpd" } },
        }));
        await using var server = await ApiServer.StartAsync(new OneManager(_world.Control));
        Assert.Contains("\"t1\"", await ListAsync(server, """{"label":{"com.docker.stack.namespace=shop":true}}"""));
        Assert.Equal("[]", await ListAsync(server, """{"label":{"com.docker.stack.namespace=other":true}}"""));
    }

    private static async Task<string> ListAsync(ApiServer server, string filters) =>
        (await server.AskAsync("GET", $"/tasks?filters={Uri.EscapeDataString(filters)}")).Body;

    private static async Task<string> UpToDateAsync(ApiServer server) =>
        (await server.AskAsync("GET", $"/tasks?filters={Uri.EscapeDataString("""{"_up-to-date":{"true":true}}""")}")).Body;
}
