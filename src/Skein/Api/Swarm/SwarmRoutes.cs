using Skein.Api.Http;
using Skein.Model;
using Skein.Model.Identity;
using Skein.NodeLife;

namespace Skein.Api.Swarm;

/// <summary>/swarm</summary>
internal sealed class SwarmRoutes(ISwarmNode swarm)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/swarm", InspectAsync);
        app.MapPost("/swarm/init", InitAsync).ToEnd();
        app.MapPost("/swarm/join", JoinAsync).ToEnd();
        app.MapPost("/swarm/leave", LeaveAsync).ToEnd();
        app.MapPost("/swarm/update", UpdateAsync).ToEnd();
        app.MapGet("/swarm/unlockkey", UnlockKeyAsync);
        app.MapPost("/swarm/unlock", UnlockAsync).ToEnd();
    }

    private Task InspectAsync(HttpContext context)
    {
        var cluster = swarm.ManagerControl().Snapshot.Cluster ?? throw SkeinException.Unavailable("the swarm's state is not read yet");
        return context.JsonAsync(ClusterJson.From(cluster, withTokens: true), SwarmJson.Default.ClusterJson);
    }

    private async Task InitAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.SwarmInitJson);
        var nodeId = await swarm.InitAsync(body.ToModel(), context.RequestAborted);
        await context.JsonAsync(nodeId, SwarmJson.Default.String);
    }

    private async Task JoinAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.SwarmJoinJson);
        await swarm.JoinAsync(body.ToModel(), context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private async Task LeaveAsync(HttpContext context)
    {
        await swarm.LeaveAsync(context.QueryBool("force"), context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private async Task UpdateAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.ClusterSpecJson);
        var version = context.QueryVersion("swarm");
        await swarm.ManagerControl().UpdateClusterAsync(
            version,
            body.ToModel(),
            context.QueryGoBool("rotateWorkerToken", saysWhy: false),
            context.QueryGoBool("rotateManagerToken", saysWhy: false),
            context.QueryGoBool("rotateManagerUnlockKey", saysWhy: false),
            context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private Task UnlockKeyAsync(HttpContext context)
    {
        var cluster = swarm.ManagerControl().Snapshot.Cluster;
        var key = UnlockKey.Of(cluster is null ? [] : cluster.UnlockKey.Span);
        return context.JsonAsync(new UnlockKeyJson(key?.ToString() ?? ""), SwarmJson.Default.UnlockKeyJson);
    }

    private async Task UnlockAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.SwarmUnlockJson);
        await swarm.UnlockAsync(body.UnlockKey ?? "", context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }
}
