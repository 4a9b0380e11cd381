using Skein.Manager.Control;
using Skein.Manager.Logs;

namespace Skein.NodeLife;

/// <summary>What everybody else sees of a node's life. A holder of facts, replaced whole.</summary>
/// <param name="IsManager">By what stands on its disk; <paramref name="Control"/> comes when it serves.</param>
/// <param name="IsCutOff">Too few managers are in reach for this one to know or change anything.</param>
internal sealed record NodeStanding(
    LocalNodeState State, string Error, string NodeId, string NodeAddress, bool IsManager, ISwarmControl? Control, ISwarmLogs? Logs, Func<bool> IsCutOff)
{
    public static NodeStanding Of(Life life, NodeHoldings holdings)
    {
        var manager = life.Serves ? holdings.Manager : null;
        var error = life.Fault.Length > 0 ? life.Fault : life.Locked ? SwarmMessages.Locked().Message : life.RoleFault;
        return new(
            // As Docker's, a locked node tells nothing of the swarm.
            life.State, error, life.Locked ? "" : holdings.Memory?.NodeId ?? "", holdings.Memory?.AdvertiseAddr ?? "",
            life.Part == Part.Manager, manager?.Control, manager?.Logs, () => manager is not { IsCutOff: false });
    }
}
