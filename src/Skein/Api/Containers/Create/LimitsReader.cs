using System.Globalization;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Api.Containers.Create;

/// <summary>Memory, CPU, I/O and devices. What the host cannot limit is refused where Docker discards it with a warning.</summary>
internal static class LimitsReader
{
    private const long LeastMemory = 6 << 20;
    private const long CoreNanoseconds = 1_000_000_000;

    public static ResourceRequirements Resources(LimitsWishJson json, List<string> warnings)
    {
        var (memory, swap, reserved) = (json.Memory ?? 0, json.MemorySwap ?? 0, json.MemoryReservation ?? 0);
        if (memory != 0 && memory < LeastMemory) throw SkeinException.Invalid("Minimum memory limit allowed is 6MB");
        if (memory > 0 && swap > 0 && swap < memory) throw SkeinException.Invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
        if (memory == 0 && swap > 0) throw SkeinException.Invalid("You should always set the Memory limit when using Memoryswap limit, see usage");
        if (reserved > 0 && reserved < LeastMemory) throw SkeinException.Invalid("Minimum memory reservation allowed is 6MB");
        if (memory > 0 && reserved > memory) throw SkeinException.Invalid("Minimum memory limit can not be less than memory reservation limit, see usage");
        if (json.OomKillDisable == true && memory == 0)
            warnings.Add("OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.");
        CheckCpu(json);
        return new ResourceRequirements
        {
            Limits = new() { MemoryBytes = memory, NanoCpus = json.NanoCpus ?? 0, Pids = json.PidsLimit is > 0 ? json.PidsLimit.Value : 0 },
            Reservations = new() { MemoryBytes = reserved },
            SwapBytes = swap switch { 0 => null, < 0 => -1, _ => swap - memory },
            MemorySwappiness = Swappiness(json.MemorySwappiness),
        };
    }

    public static HardwareLimits Limits(LimitsWishJson json, List<string> warnings)
    {
        if (json.BlkioWeight is > 0 and (< 10 or > 1000)) throw SkeinException.Invalid("Range of blkio weight is from 10 to 1000");
        var limits = new HardwareLimits
        {
            CpuShares = json.CpuShares is null or >= 0 ? json.CpuShares ?? 0 : throw SkeinException.Invalid($"invalid CPU shares ({json.CpuShares}): value must be a positive integer"),
            CpuPeriod = json.CpuPeriod ?? 0,
            CpuQuota = json.CpuQuota ?? 0,
            CpuRealtimePeriod = json.CpuRealtimePeriod ?? 0,
            CpuRealtimeRuntime = json.CpuRealtimeRuntime ?? 0,
            CpusetCpus = CpuList.Check("cpus", "CPUs", json.CpusetCpus, Environment.ProcessorCount),
            CpusetMems = json.CpusetMems ?? "",
            BlkioWeight = json.BlkioWeight ?? 0,
            OomKillDisable = json.OomKillDisable,
        };
        limits.BlkioWeightDevice.AddRange((json.BlkioWeightDevice ?? []).Select(one => new DeviceRate { Path = one.Path ?? "", Rate = one.Weight }));
        limits.BlkioReadBps.AddRange(Rates(json.BlkioDeviceReadBps));
        limits.BlkioWriteBps.AddRange(Rates(json.BlkioDeviceWriteBps));
        limits.BlkioReadIops.AddRange(Rates(json.BlkioDeviceReadIOps));
        limits.BlkioWriteIops.AddRange(Rates(json.BlkioDeviceWriteIOps));
        return limits;
    }

    public static void Devices(LimitsWishJson json, StandaloneSpec wish)
    {
        wish.Devices.AddRange((json.Devices ?? []).Select(device => new DeviceMapping
        {
            PathOnHost = device.PathOnHost ?? "",
            PathInContainer = device.PathInContainer ?? "",
            Permissions = device.CgroupPermissions ?? "",
        }));
        wish.DeviceCgroupRules.AddRange(json.DeviceCgroupRules ?? []);
        foreach (var request in json.DeviceRequests ?? [])
        {
            var read = new DeviceRequest { Driver = request.Driver ?? "", Count = request.Count ?? 0 };
            read.DeviceIds.AddRange(request.DeviceIDs ?? []);
            foreach (var all in request.Capabilities ?? []) read.Capabilities.Add(new StringList { Values = { all } });
            foreach (var (key, value) in request.Options ?? new Dictionary<string, string>()) read.Options[key] = value;
            wish.DeviceRequests.Add(read);
        }
    }

    public static IEnumerable<Ulimit> Ulimits(LimitsWishJson json)
    {
        foreach (var limit in (json.Ulimits ?? []).Select(limit => new Ulimit { Name = limit.Name ?? "", Soft = limit.Soft, Hard = limit.Hard }))
        {
            ConfinementValidation.Check(limit);
            yield return limit;
        }
    }

    private static IEnumerable<DeviceRate> Rates(IReadOnlyList<LimitsWishJson.RateJson>? rates) => (rates ?? []).Select(one => new DeviceRate { Path = one.Path ?? "", Rate = one.Rate });

    // Docker's clients send -1 for what they leave alone.
    private static long? Swappiness(long? value) => value is null or -1 ? null
        : value is >= 0 and <= 100 ? value
        : throw SkeinException.Invalid(string.Create(CultureInfo.InvariantCulture, $"Invalid value: {value}, valid memory swappiness range is 0-100"));

    private static void CheckCpu(LimitsWishJson json)
    {
        var cores = Environment.ProcessorCount;
        if (json is { NanoCpus: > 0, CpuPeriod: > 0 }) throw SkeinException.Invalid("Conflicting options: Nano CPUs and CPU Period cannot both be set");
        if (json is { NanoCpus: > 0, CpuQuota: > 0 }) throw SkeinException.Invalid("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
        if (json.NanoCpus < 0 || json.NanoCpus > cores * CoreNanoseconds)
            throw SkeinException.Invalid($"range of CPUs is from 0.01 to {cores}.00, as there are only {cores} CPUs available");
        if (json.CpuPeriod is not (null or 0 or >= 1000 and <= 1_000_000))
            throw SkeinException.Invalid("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
        if (json.CpuQuota is > 0 and < 1000) throw SkeinException.Invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)");
        if (json is { CpuRealtimePeriod: > 0, CpuRealtimeRuntime: > 0 } && json.CpuRealtimeRuntime > json.CpuRealtimePeriod)
            throw SkeinException.Invalid("cpu real-time runtime cannot be higher than cpu real-time period");
    }
}
