using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>Where a node finds managers: those in reach first.</summary>
internal static class ManagerPeers
{
    public static ManagerList Of(Snapshot snapshot)
    {
        var list = new ManagerList();
        list.Managers.Add(snapshot.Nodes.All
            .Where(n => n.ManagerStatus is { Addr.Length: > 0 })
            .OrderBy(n => n.ManagerStatus.Reachability == Reachability.Unreachable)
            .ThenBy(n => n.Id, StringComparer.Ordinal)
            .Select(n => new ManagerPeer { NodeId = n.Id, Addr = n.ManagerStatus.Addr }));
        return list;
    }
}
