using Skein.Manager.Drafts;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>
/// Who holds which address, computed from the owners: nodes, services, and tasks until they have ended. Built only when
/// somebody needs an address: most batches give none.
/// </summary>
internal sealed class AddressBook(SwarmDraft draft)
{
    private Dictionary<string, AddressPool>? _pools;

    /// <summary>Null while the network has no subnet.</summary>
    public AddressPool? Pool(string networkId) => (_pools ??= Build()).GetValueOrDefault(networkId);

    private Dictionary<string, AddressPool> Build()
    {
        var pools = draft.Networks
            .Where(n => n.Value.Ipam.Count > 0)
            .ToDictionary(n => n.Value.Id, n => new AddressPool(n.Value), StringComparer.Ordinal);
        foreach (var node in draft.Nodes)
        {
            if (node.Value.Ingress is { } leg && pools.TryGetValue(leg.NetworkId, out var pool)) pool.Bear(leg.Addresses, holds: true);
        }
        foreach (var vip in draft.Services.SelectMany(s => s.Value.Endpoint?.VirtualIps ?? []))
        {
            if (pools.TryGetValue(vip.NetworkId, out var pool)) pool.Bear(vip.Addresses, holds: true);
        }
        foreach (var task in draft.Tasks)
        {
            foreach (var leg in task.Value.Networks)
            {
                if (pools.TryGetValue(leg.NetworkId, out var pool)) pool.Bear(leg.Addresses, holds: !task.Value.IsTerminal());
            }
        }
        return pools;
    }
}
