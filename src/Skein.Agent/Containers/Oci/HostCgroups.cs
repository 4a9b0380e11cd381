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

    /// <summary>Memory and swap together, in bytes, of a container with this limit of memory: twice that, which is Docker's default.</summary>
    public long MemorySwap(long memoryBytes) =>
        memoryBytes <= 0 ? 0
        : !LimitsSwap ? Unlimited
        : memoryBytes <= long.MaxValue / 2 ? memoryBytes * 2
        : long.MaxValue;
}
