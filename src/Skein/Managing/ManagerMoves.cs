using Skein.Manager.Control;
using Skein.Manager.Members;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Managing;

/// <summary>What the state says of managers that have moved, or are lost. Pure.</summary>
internal static class ManagerMoves
{
    /// <summary>Nothing when it is known there.</summary>
    public static Changes Announced(Snapshot seen, string self, string addr)
    {
        var changes = new Changes();
        if (seen.Nodes.Find(self) is not { ManagerStatus: { } status } node || status.Addr == addr) return changes;
        var next = node.Clone();
        next.ManagerStatus.Addr = addr;
        changes.Put(next);
        return changes;
    }

    /// <summary>
    /// As in Docker, the lost ones stay nodes, with the role of managers, and are none: one that comes back with its certificate is
    /// told that it is missing, and joins anew. What the operator wishes of the swarm's spec is merged into what it has.
    /// </summary>
    public static Changes TakenOver(Snapshot seen, string self, ClusterSpec wish, IIdSource ids)
    {
        var changes = new Changes();
        foreach (var node in seen.Nodes.All.Where(node => node.Id != self && node.ManagerStatus is not null)) changes.Put(ManagerRemoval.NoManager(node));
        if (seen.Cluster is { } cluster) changes.Put(Merged(cluster, wish, ids));
        return changes;
    }

    private static Cluster Merged(Cluster cluster, ClusterSpec wish, IIdSource ids)
    {
        var next = cluster.Clone();
        if (wish.Orchestration is { } orchestration) next.Spec.Orchestration = orchestration.Clone();
        if (wish.Raft is { } raft) (next.Spec.Raft ??= new()).MergeFrom(raft);
        if (wish.Dispatcher is { HeartbeatPeriod: not 0 } dispatcher) next.Spec.Dispatcher = dispatcher.Clone();
        if (wish.Ca is { NodeCertExpiry: not 0 and var expiry }) next.Spec.Ca.NodeCertExpiry = expiry;
        if (wish.AutolockManagers && !next.Spec.AutolockManagers)
        {
            next.Spec.AutolockManagers = true;
            next.UnlockKey = SwarmControl.NewUnlockKey(ids);
        }
        return next;
    }
}
