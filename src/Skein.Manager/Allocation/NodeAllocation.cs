using Skein.Manager.Drafts;
using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>Every node has a leg on the ingress network: the mesh answers on every node.</summary>
internal static class NodeAllocation
{
    /// <param name="of">This one alone; null = all.</param>
    public static void Run(SwarmDraft draft, AddressBook book, string? ingressId, string? of = null)
    {
        foreach (var node in draft.Nodes)
        {
            if (of is not null && node.Value.Id != of) continue;
            var has = node.Value.Ingress;
            if (ingressId is null)
            {
                if (has is not null) node.Edit().Ingress = null;
                continue;
            }
            if (has is not null && has.NetworkId == ingressId && has.Addresses.Count > 0) continue;
            if (book.Pool(ingressId)?.Take() is not { } addresses) continue;
            draft.GivesOut = true;
            node.Edit().Ingress = new() { NetworkId = ingressId, Addresses = { addresses }, Mac = MacAddresses.Of(addresses) };
        }
    }
}
