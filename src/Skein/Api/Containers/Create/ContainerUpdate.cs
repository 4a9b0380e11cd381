using Skein.Model;

namespace Skein.Api.Containers.Create;

/// <summary>`docker update`: what is given replaces what was, what is zero stays.</summary>
internal static class ContainerUpdate
{
    public static ContainerDefinition Apply(LimitsWishJson json, ContainerDefinition definition, List<string> warnings)
    {
        var (before, limits) = (definition.Resources ?? new(), definition.Standalone.Limits ?? new());
        CheckCpu(json, before, limits);
        var merged = Merge(json, before, limits);
        definition.Resources = LimitsReader.Resources(merged, warnings);
        definition.Standalone.Limits = LimitsReader.Limits(merged, warnings);
        if (json.RestartPolicy is not { Name.Length: > 0 }) return definition;
        var restart = RestartReader.Read(json.RestartPolicy);
        if (definition.Standalone.AutoRemove && restart is not null)
            throw SkeinException.Conflict("Restart policy cannot be updated because AutoRemove is enabled for the container");
        definition.Standalone.Restart = restart;
        return definition;
    }

    private static void CheckCpu(LimitsWishJson json, ResourceRequirements before, HardwareLimits limits)
    {
        if (json.NanoCpus > 0 && limits.CpuPeriod > 0) throw SkeinException.Conflict("Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set");
        if (json.NanoCpus > 0 && limits.CpuQuota > 0) throw SkeinException.Conflict("Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set");
        if (json.CpuPeriod > 0 && before.Limits?.NanoCpus > 0) throw SkeinException.Conflict("Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set");
        if (json.CpuQuota > 0 && before.Limits?.NanoCpus > 0) throw SkeinException.Conflict("Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set");
    }

    private static LimitsWishJson Merge(LimitsWishJson json, ResourceRequirements before, HardwareLimits limits)
    {
        var memory = before.Limits?.MemoryBytes ?? 0;
        var swap = SwapOf(before, memory);
        if (json.Memory > 0 && swap > 0 && json.Memory > swap && json.MemorySwap is null or 0)
            throw SkeinException.Conflict("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
        return json with
        {
            Memory = Given(json.Memory) ?? memory,
            MemorySwap = Given(json.MemorySwap) ?? swap,
            MemoryReservation = Given(json.MemoryReservation) ?? before.Reservations?.MemoryBytes,
            MemorySwappiness = before.MemorySwappiness,
            NanoCpus = Given(json.NanoCpus) ?? before.Limits?.NanoCpus,
            PidsLimit = json.PidsLimit ?? before.Limits?.Pids,
            CpuShares = Given(json.CpuShares) ?? limits.CpuShares,
            CpuPeriod = Given(json.CpuPeriod) ?? limits.CpuPeriod,
            CpuQuota = Given(json.CpuQuota) ?? limits.CpuQuota,
            CpuRealtimePeriod = Given(json.CpuRealtimePeriod) ?? limits.CpuRealtimePeriod,
            CpuRealtimeRuntime = Given(json.CpuRealtimeRuntime) ?? limits.CpuRealtimeRuntime,
            CpusetCpus = json.CpusetCpus is { Length: > 0 } cpus ? cpus : limits.CpusetCpus,
            CpusetMems = json.CpusetMems is { Length: > 0 } mems ? mems : limits.CpusetMems,
            BlkioWeight = json.BlkioWeight is > 0 ? json.BlkioWeight : limits.BlkioWeight,
            BlkioWeightDevice = [.. limits.BlkioWeightDevice.Select(one => new LimitsWishJson.WeightJson(one.Path, (uint)one.Rate))],
            BlkioDeviceReadBps = Rates(limits.BlkioReadBps),
            BlkioDeviceWriteBps = Rates(limits.BlkioWriteBps),
            BlkioDeviceReadIOps = Rates(limits.BlkioReadIops),
            BlkioDeviceWriteIOps = Rates(limits.BlkioWriteIops),
            OomKillDisable = limits.OomKillDisable,
        };
    }

    /// <summary>Memory and swap together, as Docker has it.</summary>
    private static long SwapOf(ResourceRequirements before, long memory) => before.SwapBytes switch { null => 0, < 0 => -1, { } bytes => memory + bytes };

    private static IReadOnlyList<LimitsWishJson.RateJson> Rates(IEnumerable<DeviceRate> rates) => [.. rates.Select(one => new LimitsWishJson.RateJson(one.Path, one.Rate))];

    private static long? Given(long? value) => value is 0 ? null : value;
}
