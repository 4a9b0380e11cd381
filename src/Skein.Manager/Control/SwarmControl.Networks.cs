using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Control;

public sealed partial class SwarmControl
{
    public async Task<Network> CreateNetworkAsync(NetworkSpec spec, CancellationToken cancel)
    {
        NetworkSpecValidation.Check(spec);
        var id = ids.NewId();
        var after = await WriteAsync(seen => CreateNetwork(seen, id, spec), cancel);
        return await WaitAllocatedAsync(after, id, cancel);
    }

    public async Task RemoveNetworkAsync(string id, CancellationToken cancel)
    {
        var found = FindNetwork(id).Id;
        await WriteAsync(
            seen =>
            {
                var network = seen.Networks.Find(found) ?? throw RpcError.NotFound($"network {found} not found");
                NetworkUse.CheckUnused(seen, network);
                var changes = new Changes();
                changes.Delete(ObjectKind.Network, found);
                RaiseFence(seen, changes);
                return changes;
            },
            cancel);
    }

    private Changes CreateNetwork(Snapshot seen, string id, NetworkSpec given)
    {
        if (seen.Networks.Find(id) is not null) return new();   // made by an earlier attempt, whose answer was lost
        if (given.Ingress && seen.Networks.All.FirstOrDefault(n => n.Spec.Ingress) is { } ingress)
            throw RpcError.AlreadyExists($"ingress network ({ingress.Id}) is already present");
        if (seen.Networks.All.Any(n => SameName(n.Spec.Annotations, given.Annotations)))
            throw SkeinException.Conflict($"network with name {given.Annotations.Name} already exists");
        NetworkUse.CheckSubnetsFree(seen, given);
        var spec = given.Clone();
        if (spec.Driver.Length == 0) spec.Driver = "overlay";
        var changes = new Changes();
        changes.Put(new Network { Id = id, Meta = Created(), Spec = spec });
        RaiseFence(seen, changes);
        return changes;
    }

    /// <summary>
    /// The leader gives subnet and VNI; a `network inspect` right after creating should show them. With no leader in reach
    /// the network stands all the same and is answered as it is: it will get them later.
    /// </summary>
    private async Task<Network> WaitAllocatedAsync(Snapshot after, string id, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(allocationWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancel);
        var network = after.Networks.Find(id);
        try
        {
            while (network is { Vni: 0 } && allocationWait > TimeSpan.Zero)
            {
                after = await store.WaitNewerAsync(after.Revision, either.Token);
                network = after.Networks.Find(id);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // As it is, then.
        }
        return network ?? throw RpcError.NotFound($"network {id} not found");
    }
}
