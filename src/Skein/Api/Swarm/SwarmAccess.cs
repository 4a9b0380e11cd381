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
        return swarm.Control ?? throw NoManager(swarm);
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

    private static SkeinException NoManager(ISwarmNode swarm) => SkeinException.Unavailable(swarm.State switch
    {
        LocalNodeState.Active or LocalNodeState.Pending =>
            "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
        LocalNodeState.Locked => "Swarm is encrypted and needs to be unlocked before it can be used. Please use \"docker swarm unlock\" to unlock it.",
        _ => "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.",
    });
}
