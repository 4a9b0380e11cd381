using System.Text.Json.Serialization;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Stats;

namespace Skein.Api.Containers;

/// <summary>One sample of GET /containers/ID/stats, with the processor's of the sample before: a client shows the difference.</summary>
internal sealed record StatsJson
{
    public required string Name { get; init; }
    public required string Id { get; init; }
    public string Read { get; init; } = GoTime.Zero;
    public string Preread { get; init; } = GoTime.Zero;
    public PidsJson PidsStats { get; init; } = new(null, null);
    public BlockJson BlkioStats { get; init; } = new();
    public uint NumProcs { get; init; }
    public CpuJson CpuStats { get; init; } = CpuJson.From(null);
    public CpuJson PrecpuStats { get; init; } = CpuJson.From(null);
    public MemoryJson MemoryStats { get; init; } = new(null, null, null);
    public IReadOnlyDictionary<string, InterfaceTraffic>? Networks { get; init; }

    internal sealed record PidsJson(ulong? Current, ulong? Limit);

    /// <summary>Windows' alone, and there with Docker on Linux too.</summary>
    public StorageJson StorageStats { get; } = new();

    /// <summary>Bytes by device. The rest Docker has no more either where cgroups are of version 2: clients read it without asking.</summary>
    internal sealed record BlockJson
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<BlockEntryJson>? IoServiceBytesRecursive { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<BlockEntryJson>? IoServicedRecursive { get; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<BlockEntryJson>? IoQueueRecursive { get; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<BlockEntryJson>? IoServiceTimeRecursive { get; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<BlockEntryJson>? IoWaitTimeRecursive { get; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<BlockEntryJson>? IoMergedRecursive { get; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<BlockEntryJson>? IoTimeRecursive { get; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<BlockEntryJson>? SectorsRecursive { get; }
    }

    internal sealed record StorageJson;

    internal sealed record BlockEntryJson(ulong Major, ulong Minor, string Op, ulong Value);

    internal sealed record CpuUsageJson(ulong TotalUsage, ulong UsageInKernelmode, ulong UsageInUsermode);

    internal sealed record ThrottlingJson(ulong Periods, ulong ThrottledPeriods, ulong ThrottledTime);

    internal sealed record CpuJson(CpuUsageJson CpuUsage, ulong? SystemCpuUsage, int? OnlineCpus, ThrottlingJson ThrottlingData)
    {
        public static CpuJson From(ContainerStats? stats) => stats is null
            ? new(new(0, 0, 0), null, null, new(0, 0, 0))
            : new(
                new(stats.Cpu.Total, stats.Cpu.Kernel, stats.Cpu.User), stats.HostCpu, stats.OnlineCpus,
                new(stats.Cpu.Periods, stats.Cpu.ThrottledPeriods, stats.Cpu.ThrottledTime));
    }

    internal sealed record MemoryJson(ulong? Usage, IReadOnlyDictionary<string, ulong>? Stats, ulong? Limit);

    /// <param name="now">null for one that does not run: Docker then says nothing but its name.</param>
    public static StatsJson From(ContainerRecord container, ContainerStats? now, ContainerStats? before)
    {
        var named = new StatsJson { Name = "/" + container.Name, Id = container.Id };
        return now is null ? named : named with
        {
            Read = GoTime.Format(now.Time),
            Preread = GoTime.Format(before?.Time),
            PidsStats = new PidsJson(now.Pids, now.PidsLimit == 0 ? ulong.MaxValue : now.PidsLimit),
            BlkioStats = new() { IoServiceBytesRecursive = [.. now.Devices.SelectMany(Entries)] },
            CpuStats = CpuJson.From(now),
            PrecpuStats = CpuJson.From(before),
            MemoryStats = new MemoryJson(now.MemoryUsage, now.MemoryDetails, now.MemoryLimit),
            Networks = now.Networks,
        };
    }

    private static IEnumerable<BlockEntryJson> Entries(DeviceTraffic device) =>
        [new(device.Major, device.Minor, "read", device.Read), new(device.Major, device.Minor, "write", device.Written)];
}
