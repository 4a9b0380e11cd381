using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>
/// Raised by each transaction whose checks read what it does not write: a name or port that is free, an address that nobody holds.
/// Two such at once, on two managers or by a verb and the control loop, meet here: the later is refused and decided again.
/// </summary>
internal static class AllocationFence
{
    private const string Id = "control";

    public static void Raise(Snapshot seen, Changes changes)
    {
        var fence = seen.Fences.Find(Id)?.Clone() ?? new Fence { Id = Id };
        fence.Count++;
        changes.Put(fence);
    }
}
