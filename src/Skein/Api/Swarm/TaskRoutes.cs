using Skein.Api.Http;
using Skein.NodeLife;
using Skein.Manager.Orchestration;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>/tasks</summary>
internal sealed class TaskRoutes(ISwarmNode swarm)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/tasks", ListAsync);
        app.MapGet("/tasks/{id}", InspectAsync);
    }

    private Task ListAsync(HttpContext context)
    {
        var control = swarm.ManagerControl();
        var snapshot = control.Snapshot;
        var filters = context.Filters().Accept("id", "label", "name", "node", "service", "desired-state", "runtime", "_up-to-date");
        filters.Values("desired-state", s_states);
        var services = filters["service"].Select(s => control.Find(ObjectKind.Service, s).Id).ToHashSet();
        var nodes = filters["node"].Select(n => control.Find(ObjectKind.Node, n == "self" ? swarm.NodeId : n).Id).ToHashSet();
        var tasks = services.Count > 0 ? services.SelectMany(snapshot.TasksOfService) : snapshot.Tasks.All;
        var rows = tasks
            .Where(t => filters.Prefix("id", t.Id))
            .Where(t => filters.Any("name", w => NameOf(t).StartsWith(w, StringComparison.Ordinal)))
            // A task bears no labels of its own: `docker stack ps` asks for those of its service.
            .Where(t => filters.Labels("label", t.ServiceAnnotations?.Labels.ToDictionary() ?? []))
            .Where(t => nodes.Count == 0 || nodes.Contains(t.NodeId))
            .Where(t => filters.Exact("desired-state", TaskJson.StateName(t.DesiredState)))
            .Where(_ => filters.Exact("runtime", "container"))
            .Where(t => filters.Flag("_up-to-date") is not { } wanted || wanted == IsUpToDate(t, snapshot))
            .OrderBy(t => t.Id, StringComparer.Ordinal)
            .Select(t => TaskJson.From(t, snapshot));
        return context.JsonAsync<IReadOnlyList<TaskJson>>([.. rows], SwarmJson.Default.IReadOnlyListTaskJson);
    }

    private static readonly string[] s_states = [.. Enum.GetValues<TaskState>().Select(TaskJson.StateName)];

    private static string NameOf(SwarmTask task) => task.Annotations?.Name ?? "";

    private static bool IsUpToDate(SwarmTask task, Snapshot snapshot) =>
        snapshot.Services.Find(task.ServiceId) is { } service && !TaskDirt.IsDirty(service, task, snapshot.Nodes.Find(task.NodeId));

    private Task InspectAsync(HttpContext context)
    {
        var control = swarm.ManagerControl();
        return context.JsonAsync(TaskJson.From(control.Find(ObjectKind.Task, context.Route("id")), control.Snapshot), SwarmJson.Default.TaskJson);
    }
}
