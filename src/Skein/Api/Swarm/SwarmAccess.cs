using Skein.NodeLife;
using Skein.Manager.Control;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>The swarm's verbs, or Docker's word for why this node does not have them.</summary>
internal static class SwarmAccess
{
    private static readonly string[] Areas = ["/services", "/tasks", "/nodes", "/networks", "/secrets", "/configs"];

    public static ISwarmControl ManagerControl(this ISwarmNode swarm)
    {
        if (swarm.LacksLeader) throw RpcError.NoLeader();
        return swarm.Control ?? throw SwarmMessages.NoManager(swarm.State);
    }

    /// <summary>What is asked of a manager in the first moments after its start waits for its replica, as Docker's API does.</summary>
    public static async Task WaitSettledAsync(this ISwarmNode swarm, HttpContext context, RequestDelegate next)
    {
        if (Asks(context.Request.Path)) await swarm.SettleAsync(context.RequestAborted);
        await next(context);
    }

    private static bool Asks(PathString path) =>
        path == "/swarm" || path == "/info" || path == "/swarm/update" || path == "/swarm/unlockkey"
        || Areas.Any(area => path.StartsWithSegments(area, StringComparison.Ordinal));
}
