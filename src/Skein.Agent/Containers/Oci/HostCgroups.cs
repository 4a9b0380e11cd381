using Skein.Model;

namespace Skein.Agent.Containers.Oci;

/// <summary>What the host's control groups can do.</summary>
/// <param name="Unified">Version 2, where a container has a cgroup namespace of its own, as in Docker.</param>
/// <param name="LimitsSwap">False where the kernel counts no swap: then memory alone is limited.</param>
public sealed record HostCgroups(bool Unified, bool LimitsSwap)
{
    internal const string Root = "/sys/fs/cgroup";

    /// <summary>Docker's word for swap without a limit.</summary>
    private const long Unlimited = -1;

    public static HostCgroups Read()
    {
        var unified = File.Exists($"{Root}/cgroup.controllers");
        // The root group of version 2 has no limits: what is there is seen in those below it.
        var limitsSwap = unified
            ? Directory.EnumerateDirectories(Root).Any(group => File.Exists($"{group}/memory.swap.max"))
            : File.Exists($"{Root}/memory/memory.memsw.limit_in_bytes");
        return new(unified, limitsSwap);
    }

    /// <summary>Memory and swap together, in bytes, of a container with this limit of memory; 0 = nothing to be said.</summary>
    /// <param name="swapBytes">The swap alone, -1 without a limit. Not given, it is as much as the memory, which is Docker's default.</param>
    public long MemorySwap(long memoryBytes, long? swapBytes = null)
    {
        if (memoryBytes <= 0) return 0;
        if (!LimitsSwap && swapBytes >= 0) throw SkeinException.Invalid("the kernel of this host does not limit swap");
        var swap = swapBytes ?? memoryBytes;
        return !LimitsSwap || swap < 0 ? Unlimited : memoryBytes <= long.MaxValue - swap ? memoryBytes + swap : long.MaxValue;
    }
}
