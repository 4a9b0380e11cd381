using Skein.Api.Http;
using Skein.NodeLife;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>/swarm</summary>
internal sealed class SwarmRoutes(ISwarmNode swarm)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/swarm", InspectAsync);
        app.MapPost("/swarm/init", InitAsync);
        app.MapPost("/swarm/join", JoinAsync);
        app.MapPost("/swarm/leave", LeaveAsync);
        app.MapPost("/swarm/update", UpdateAsync);
        app.MapGet("/swarm/unlockkey", UnlockKeyAsync);
        app.MapPost("/swarm/unlock", _ => throw SkeinException.Conflict("swarm is not locked"));
    }

    private Task InspectAsync(HttpContext context)
    {
        var cluster = swarm.ManagerControl().Snapshot.Cluster ?? throw SkeinException.Unavailable("the swarm's state is not read yet");
        return context.JsonAsync(ClusterJson.From(cluster, withTokens: true), SwarmJson.Default.ClusterJson);
    }

    private async Task InitAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.SwarmInitJson);
        // Half an initialisation is worse than one nobody waited for: it goes on when the client leaves.
        var nodeId = await swarm.InitAsync(body.ToModel(), CancellationToken.None);
        await context.JsonAsync(nodeId, SwarmJson.Default.String);
    }

    private async Task JoinAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.SwarmJoinJson);
        await swarm.JoinAsync(body.ToModel(), CancellationToken.None);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private async Task LeaveAsync(HttpContext context)
    {
        await swarm.LeaveAsync(context.QueryBool("force"), CancellationToken.None);
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
            context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private Task UnlockKeyAsync(HttpContext context)
    {
        swarm.ManagerControl();
        return context.JsonAsync(new UnlockKeyJson(""), SwarmJson.Default.UnlockKeyJson);
    }
}
