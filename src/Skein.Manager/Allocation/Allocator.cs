using Skein.Manager.Drafts;

namespace Skein.Manager.Allocation;

/// <summary>
/// The second stage: VNIs, subnets, addresses and ports. What is given out is read from those who hold it, so nothing leaks and
/// nothing is given twice: an owner that is gone has freed what it held.
/// </summary>
internal static class Allocator
{
    public static void Run(SwarmDraft draft)
    {
        NetworkAllocation.Run(draft);
        var ingressId = IngressOf(draft);
        var book = new AddressBook(draft);
        NodeAllocation.Run(draft, book, ingressId);
        ServiceAllocation.Run(draft, book, ingressId);
        TaskAllocation.Run(draft, book, ingressId);
    }

    public static string? IngressOf(SwarmDraft draft) => draft.Networks.FirstOrDefault(n => n.Value.Spec?.Ingress == true)?.Value.Id;
}
