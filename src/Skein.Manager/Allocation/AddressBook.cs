using Skein.Manager.Drafts;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Allocation;

/// <summary>
/// Who holds which address, computed from the owners: nodes, services, users' containers, and tasks until they have ended. Built only when
/// somebody needs an address: most batches give none.
/// </summary>
internal sealed class AddressBook(
    IEnumerable<Network> networks,
    IEnumerable<Node> nodes,
    IEnumerable<Service> services,
    IEnumerable<SwarmTask> tasks,
    IEnumerable<ContainerAttachment> attachments)
{
    private Dictionary<string, AddressPool>? _pools;

    public AddressBook(SwarmDraft draft)
        : this(
            draft.Networks.Select(n => n.Value),
            draft.Nodes.Select(n => n.Value),
            draft.Services.Select(s => s.Value),
            draft.Tasks.Select(t => t.Value),
            draft.Attachments.Select(a => a.Value))
    {
    }

    public AddressBook(Snapshot seen)
        : this(seen.Networks.All, seen.Nodes.All, seen.Services.All, seen.Tasks.All, seen.Attachments.All)
    {
    }

    /// <summary>Null while the network has no subnet.</summary>
    public AddressPool? Pool(string networkId) => (_pools ??= Build()).GetValueOrDefault(networkId);

    private Dictionary<string, AddressPool> Build()
    {
        var pools = networks.Where(n => n.Ipam.Count > 0).ToDictionary(n => n.Id, n => new AddressPool(n), StringComparer.Ordinal);
        foreach (var node in nodes) Bear(pools, node.Ingress);
        foreach (var attachment in attachments) Bear(pools, attachment.Leg);
        foreach (var vip in services.SelectMany(s => s.Endpoint?.VirtualIps ?? []))
        {
            if (pools.TryGetValue(vip.NetworkId, out var pool)) pool.Bear(vip.Addresses, holds: true);
        }
        foreach (var task in tasks)
        {
            foreach (var leg in task.Networks) Bear(pools, leg, holds: !task.IsTerminal());
        }
        return pools;
    }

    private static void Bear(Dictionary<string, AddressPool> pools, NetworkAttachment? leg, bool holds = true)
    {
        if (leg is not null && pools.TryGetValue(leg.NetworkId, out var pool)) pool.Bear(leg.Addresses, holds);
    }
}
