using System.Globalization;
using Google.Protobuf;
using Skein.Api.Http;
using Skein.NodeLife;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>/secrets and /configs</summary>
internal sealed class DependencyRoutes<T>(ISwarmNode swarm, ObjectKind<T> kind) where T : class, IDependency, IMessage<T>, new()
{
    public void Map(IEndpointRouteBuilder app)
    {
        var all = $"/{kind.Name}s";
        app.MapGet(all, ListAsync);
        app.MapPost($"{all}/create", CreateAsync);
        app.MapGet(all + "/{id}", InspectAsync);
        app.MapPost(all + "/{id}/update", UpdateAsync);
        app.MapDelete(all + "/{id}", RemoveAsync);
    }

    private Task ListAsync(HttpContext context)
    {
        var filters = context.Filters().Accept("id", "label", "name", "names");
        var rows = swarm.ManagerControl().Snapshot.Of(kind).All
            .Where(d => filters.Prefix("id", d.Id))
            .Where(d => filters.Any("name", w => d.Spec.Annotations.Name.StartsWith(w, StringComparison.Ordinal)))
            .Where(d => filters.Exact("names", d.Spec.Annotations.Name))
            .Where(d => filters.Labels("label", d.Spec.Annotations.Labels))
            .OrderBy(d => d.Spec.Annotations.Name, StringComparer.Ordinal)
            .Select(DependencyJson.From);
        return context.JsonAsync<IReadOnlyList<DependencyJson>>([.. rows], SwarmJson.Default.IReadOnlyListDependencyJson);
    }

    private async Task CreateAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.DependencySpecJson);
        var control = swarm.ManagerControl();
        var created = await control.CreateAsync(kind, body.ToModel(), context.RequestAborted);
        await context.JsonAsync(new DependencyCreatedJson(created.Id), SwarmJson.Default.DependencyCreatedJson, StatusCodes.Status201Created);
    }

    private Task InspectAsync(HttpContext context) =>
        context.JsonAsync(DependencyJson.From(swarm.ManagerControl().Find(kind, context.Route("id"))), SwarmJson.Default.DependencyJson);

    private async Task UpdateAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.DependencySpecJson);
        if (!ulong.TryParse(context.Query("version"), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            throw SkeinException.Invalid($"invalid {kind.Name} version");
        await swarm.ManagerControl().UpdateAsync(kind, context.Route("id"), version, body.ToModel(), context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        await swarm.ManagerControl().RemoveAsync(kind, context.Route("id"), context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status204NoContent);
    }
}
