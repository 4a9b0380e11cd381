using Skein.Api.Http;
using Skein.NodeLife;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>/nodes</summary>
internal sealed class NodeRoutes(ISwarmNode swarm)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/nodes", ListAsync);
        app.MapGet("/nodes/{id}", InspectAsync);
        app.MapPost("/nodes/{id}/update", UpdateAsync);
        app.MapDelete("/nodes/{id}", RemoveAsync);
    }

    private Task ListAsync(HttpContext context)
    {
        var snapshot = swarm.ManagerControl().Snapshot;
        var filters = context.Filters().Accept("id", "label", "membership", "name", "node.label", "role");
        filters.Values("role", "worker", "manager").Values("membership", "accepted", "pending");
        var rows = snapshot.Nodes.All
            .Where(n => filters.Prefix("id", n.Id))
            .Where(n => filters.Any("name", w => (n.Description?.Hostname ?? "").StartsWith(w, StringComparison.Ordinal)))
            .Where(n => filters.Labels("label", n.Description?.EngineLabels.ToDictionary() ?? []))
            .Where(n => filters.Labels("node.label", n.Spec.Annotations?.Labels.ToDictionary() ?? []))
            .Where(n => filters.Exact("role", n.Spec.Role == NodeRole.Manager ? "manager" : "worker"))
            .Where(n => filters.Exact("membership", "accepted"))
            .OrderBy(n => n.Id, StringComparer.Ordinal)
            .Select(n => NodeJson.From(n, snapshot));
        return context.JsonAsync<IReadOnlyList<NodeJson>>([.. rows], SwarmJson.Default.IReadOnlyListNodeJson);
    }

    private Node Find(HttpContext context)
    {
        var id = context.Route("id");
        return swarm.ManagerControl().Find(ObjectKind.Node, id == "self" ? swarm.NodeId : id);
    }

    private Task InspectAsync(HttpContext context)
    {
        var node = Find(context);
        return context.JsonAsync(NodeJson.From(node, swarm.ManagerControl().Snapshot), SwarmJson.Default.NodeJson);
    }

    private async Task UpdateAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.NodeSpecJson);
        var version = context.QueryVersion("node");
        var control = swarm.ManagerControl();
        var spec = body.ToModel();
        await control.UpdateNodeAsync(Find(context).Id, version, spec, context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var node = Find(context);
        await swarm.ManagerControl().RemoveNodeAsync(node.Id, context.QueryBool("force"), context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }
}
