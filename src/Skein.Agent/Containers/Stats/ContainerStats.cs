namespace Skein.Agent.Containers.Stats;

/// <summary>What a container has used, at one moment. Times in nanoseconds, sizes in bytes.</summary>
/// <param name="HostCpu">Of all processors together, busy or idle: what a share is taken of.</param>
/// <param name="MemoryLimit">Its own, at most what the host has.</param>
/// <param name="MemoryDetails">memory.stat as the kernel names it; clients take the inactive files off the usage.</param>
/// <param name="PidsLimit">0 = none.</param>
/// <param name="Networks">By interface, without loopback.</param>
public sealed record ContainerStats(
    DateTimeOffset Time,
    CpuUsage Cpu,
    ulong HostCpu,
    int OnlineCpus,
    ulong MemoryUsage,
    ulong MemoryLimit,
    IReadOnlyDictionary<string, ulong> MemoryDetails,
    ulong Pids,
    ulong PidsLimit,
    IReadOnlyList<DeviceTraffic> Devices,
    IReadOnlyDictionary<string, InterfaceTraffic> Networks);

public sealed record CpuUsage(ulong Total, ulong User, ulong Kernel, ulong Periods, ulong ThrottledPeriods, ulong ThrottledTime);

public sealed record DeviceTraffic(ulong Major, ulong Minor, ulong Read, ulong Written);

public sealed record InterfaceTraffic(
    ulong RxBytes, ulong RxPackets, ulong RxErrors, ulong RxDropped, ulong TxBytes, ulong TxPackets, ulong TxErrors, ulong TxDropped);
