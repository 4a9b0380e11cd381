using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Members;

/// <summary>Whose etcd is restarted next: two at once could take the majority. Pure.</summary>
internal static class EtcdTrustTurn
{
    /// <summary>The first by id of the managers that are there and have another root. Who is away reads the root at its start.</summary>
    public static bool IsMine(Snapshot snapshot, string self, string root)
    {
        foreach (var id in snapshot.Nodes.All.Where(IsThere).Select(node => node.Id).Order(StringComparer.Ordinal))
        {
            if (id == self) return true;
            if (snapshot.Nodes.Find(id)!.ManagerStatus.EtcdRoot != root) return false;
        }
        // It is no manager yet by the state, or not any more.
        return true;
    }

    private static bool IsThere(Node node) => node.ManagerStatus is { Reachability: not Reachability.Unreachable };
}
