using Skein.Manager.Drafts;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>
/// Gives what a user creates its addresses, ports and numbers in the transaction that creates it: what a create answers is what
/// stands, and an update by the version inspected right after is not out of sequence. Pure. The same stage of the control loop gives
/// what cannot be had yet, later. Both raise <see cref="AllocationFence"/>, so that of two that give at once the later gives again.
/// </summary>
public static class BirthAllocation
{
    /// <summary>What a new swarm begins with: its ingress network, and the first node's leg on it.</summary>
    public static void OfSwarm(Changes birth, DateTimeOffset now, IIdSource ids)
    {
        var draft = new SwarmDraft(Snapshot.Empty.With(birth.All, 0), now, ids);
        NetworkAllocation.Run(draft);
        NodeAllocation.Run(draft, new(draft), Allocator.IngressOf(draft));
        foreach (var network in draft.Networks) birth.Put(network.Value);
        foreach (var node in draft.Nodes) birth.Put(node.Value);
    }

    /// <summary>The network as it is with a VNI and its subnets; as given when they cannot be had.</summary>
    internal static Network Of(Snapshot seen, Network network, DateTimeOffset now, IIdSource ids)
    {
        var draft = DraftOf(seen, now, ids, changes => changes.Put(network));
        NetworkAllocation.Run(draft, of: network.Id);
        return draft.Network(network.Id)!;
    }

    /// <summary>The service as it is with its ports and virtual addresses, or with the reason why not.</summary>
    internal static Service Of(Snapshot seen, Service service, DateTimeOffset now, IIdSource ids)
    {
        var draft = DraftOf(WithoutIdleTasks(seen, service), now, ids, changes => changes.Put(service));
        ServiceAllocation.Run(draft, new(draft), Allocator.IngressOf(draft), of: service.Id);
        return draft.Service(service.Id)!.Value;
    }

    /// <summary>The node as it is with its leg on the ingress network, where there is one.</summary>
    internal static Node Of(Snapshot seen, Node node, DateTimeOffset now, IIdSource ids)
    {
        var draft = DraftOf(seen, now, ids, changes => changes.Put(node));
        NodeAllocation.Run(draft, new(draft), Allocator.IngressOf(draft), of: node.Id);
        return draft.Node(node.Id)!;
    }

    /// <summary>Of a hundred thousand tasks none matters to a service without a virtual address.</summary>
    private static Snapshot WithoutIdleTasks(Snapshot seen, Service service) =>
        service.Spec.Endpoint is { Ports.Count: > 0 } || service.Spec.Task?.Networks.Count > 0
            ? seen
            : seen.WithoutTasks();

    private static SwarmDraft DraftOf(Snapshot seen, DateTimeOffset now, IIdSource ids, Action<Changes> born)
    {
        var changes = new Changes();
        born(changes);
        return new(seen.With(changes.All, seen.Revision), now, ids);
    }
}
