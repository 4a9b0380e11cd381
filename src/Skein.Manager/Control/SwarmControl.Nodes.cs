using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Allocation;
using Skein.Manager.Members;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Control;

public sealed partial class SwarmControl
{
    private static readonly TimeSpan DemotionWait = TimeSpan.FromSeconds(5);

    public async Task<Node> UpdateNodeAsync(string id, ulong version, NodeSpec spec, CancellationToken cancel)
    {
        var found = Find(ObjectKind.Node, id).Id;
        var after = await WriteAsync(seen => UpdateNode(seen, found, version, spec), cancel);
        return after.Nodes.Find(found) ?? throw RpcError.NotFound($"node {found} not found");
    }

    public async Task RemoveNodeAsync(string id, bool force, CancellationToken cancel)
    {
        var found = Find(ObjectKind.Node, id).Id;
        // A node that was demoted just now is on its way out of the managers: `demote` and `rm` follow one another in scripts.
        await store.WaitUntilAsync(seen => seen.Nodes.Find(found) is not { } node || !ManagerRemoval.IsLeaving(node), DemotionWait, time, cancel);
        await DeleteAsync($"node {found}", seen => seen.Nodes.Find(found), (seen, node) => RemoveNode(seen, node, force), cancel);
    }

    private Changes UpdateNode(Snapshot seen, string id, ulong version, NodeSpec spec)
    {
        var current = seen.Nodes.Find(id) ?? throw RpcError.NotFound($"node {id} not found");
        var changes = new Changes();
        if (current.Spec?.Role == NodeRole.Manager && spec.Role == NodeRole.Worker)
        {
            CheckDemotion(seen, current);
            AllocationFence.Raise(seen, changes);
        }
        if (!IsSpecOf(current, version)) CheckVersion(current.Meta, version);
        var next = current.Clone();
        next.Spec = spec.Clone();
        next.Meta = Touched(current.Meta);
        changes.Put(next);
        return changes;
    }

    /// <summary>
    /// What a node says of itself makes versions as well, some milliseconds after it has joined and whenever its networks change: who has
    /// read the one before has read the same spec.
    /// </summary>
    private bool IsSpecOf(Node current, ulong version) =>
        store.History.AsOf(ObjectKind.Node, current.Id, version) is { Spec: { } read } && read.Equals(current.Spec);

    private static void CheckDemotion(Snapshot seen, Node node)
    {
        var managers = seen.Nodes.All.Where(n => n.Spec?.Role == NodeRole.Manager).ToList();
        if (managers.Count == 1) throw RpcError.FailedPrecondition("attempting to demote the last manager of the swarm");
        // etcd refuses this too; refusing it here says why before anything is written.
        var others = managers.Where(n => n.Id != node.Id && n.ManagerStatus is not null).ToList();
        var reachable = others.Count(n => n.ManagerStatus.Reachability != Reachability.Unreachable);
        if (node.ManagerStatus is not null && reachable < others.Count / 2 + 1)
            throw RpcError.FailedPrecondition("can't remove member from the raft: this would result in a loss of quorum");
    }

    private Changes RemoveNode(Snapshot seen, Node node, bool force)
    {
        var id = node.Id;
        if (node.ManagerStatus is not null)
        {
            throw RpcError.FailedPrecondition(
                $"node {id} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal");
        }
        if (!force && node.Status?.State == NodeState.Ready) throw RpcError.FailedPrecondition($"node {id} is not down and can't be removed");
        var changes = new Changes();
        changes.Delete(ObjectKind.Node, id, node.Meta.Version);
        foreach (var task in seen.TasksOfNode(id).Where(t => !t.IsTerminal())) changes.Put(Orphaned(task));
        return changes;
    }

    /// <summary>Nobody will report on it any more; its addresses and ports are free from now on.</summary>
    private SwarmTask Orphaned(SwarmTask task)
    {
        var next = task.Clone();
        next.Status = new()
        {
            State = TaskState.Orphaned,
            Timestamp = time.GetUtcNow().ToTimestamp(),
            Message = "Task belonged to a node that has been deleted",
        };
        next.Meta = Touched(task.Meta);
        return next;
    }
}
