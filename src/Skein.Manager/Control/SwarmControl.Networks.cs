using Skein.Manager.Allocation;
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
        return after.Networks.Find(id) ?? throw RpcError.NotFound($"network {id} not found");
    }

    public async Task RemoveNetworkAsync(string id, CancellationToken cancel)
    {
        var found = Find(ObjectKind.Network, id).Id;
        await DeleteAsync(
            $"network {found}",
            seen => seen.Networks.Find(found),
            (seen, network) =>
            {
                NetworkUse.CheckUnused(seen, network);
                var changes = new Changes();
                changes.Delete(ObjectKind.Network, found);
                AllocationFence.Raise(seen, changes);
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
        NetworkUse.CheckVniFree(seen, given);
        var spec = given.Clone();
        if (spec.Driver.Length == 0) spec.Driver = "overlay";
        var changes = new Changes();
        changes.Put(BirthAllocation.Of(seen, new Network { Id = id, Meta = Created(), Spec = spec }, time.GetUtcNow(), ids));
        AllocationFence.Raise(seen, changes);
        return changes;
    }
}
