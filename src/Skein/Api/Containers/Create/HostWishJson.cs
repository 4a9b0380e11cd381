using System.Text.Json.Serialization;
using Skein.Api.Swarm;

namespace Skein.Api.Containers.Create;

/// <summary>Docker's HostConfig as a client sends it: null is what it leaves to the host.</summary>
internal sealed record HostWishJson : LimitsWishJson
{
    public IReadOnlyList<string>? Binds { get; init; }
    public LogConfigJson? LogConfig { get; init; }
    public string? NetworkMode { get; init; }
    public IReadOnlyDictionary<string, IReadOnlyList<HostConfigJson.PortBindingJson>?>? PortBindings { get; init; }
    public bool? AutoRemove { get; init; }
    public string? VolumeDriver { get; init; }
    public IReadOnlyList<string>? VolumesFrom { get; init; }
    public IReadOnlyList<string>? CapAdd { get; init; }
    public IReadOnlyList<string>? CapDrop { get; init; }
    public string? CgroupnsMode { get; init; }
    public IReadOnlyList<string>? Dns { get; init; }
    public IReadOnlyList<string>? DnsOptions { get; init; }
    public IReadOnlyList<string>? DnsSearch { get; init; }
    public IReadOnlyList<string>? ExtraHosts { get; init; }
    public IReadOnlyList<string>? GroupAdd { get; init; }
    public string? IpcMode { get; init; }
    public string? Cgroup { get; init; }
    public IReadOnlyList<string>? Links { get; init; }
    public int? OomScoreAdj { get; init; }
    public string? PidMode { get; init; }
    public bool? Privileged { get; init; }
    public bool? PublishAllPorts { get; init; }
    public bool? ReadonlyRootfs { get; init; }
    public IReadOnlyList<string>? SecurityOpt { get; init; }
    public IReadOnlyDictionary<string, string>? StorageOpt { get; init; }
    public IReadOnlyDictionary<string, string>? Tmpfs { get; init; }
    public string? UTSMode { get; init; }
    public string? UsernsMode { get; init; }
    public long? ShmSize { get; init; }
    public IReadOnlyDictionary<string, string>? Sysctls { get; init; }
    public string? Runtime { get; init; }
    public string? Isolation { get; init; }
    public IReadOnlyList<ContainerSpecJson.MountJson>? Mounts { get; init; }
    public IReadOnlyList<string>? MaskedPaths { get; init; }
    public IReadOnlyList<string>? ReadonlyPaths { get; init; }
    public bool? Init { get; init; }

    /// <summary>Height and width.</summary>
    public IReadOnlyList<uint>? ConsoleSize { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    internal sealed record LogConfigJson
    {
        public string? Type { get; init; }
        public IReadOnlyDictionary<string, string>? Config { get; init; }
    }
}

/// <summary>What `docker run` and `docker update` limit.</summary>
internal record LimitsWishJson
{
    public HostConfigJson.RestartPolicyJson? RestartPolicy { get; init; }
    public long? CpuShares { get; init; }
    public long? Memory { get; init; }

    [JsonPropertyName("NanoCpus")]
    public long? NanoCpus { get; init; }

    public string? CgroupParent { get; init; }
    public uint? BlkioWeight { get; init; }
    public IReadOnlyList<WeightJson>? BlkioWeightDevice { get; init; }
    public IReadOnlyList<RateJson>? BlkioDeviceReadBps { get; init; }
    public IReadOnlyList<RateJson>? BlkioDeviceWriteBps { get; init; }
    public IReadOnlyList<RateJson>? BlkioDeviceReadIOps { get; init; }
    public IReadOnlyList<RateJson>? BlkioDeviceWriteIOps { get; init; }
    public long? CpuPeriod { get; init; }
    public long? CpuQuota { get; init; }
    public long? CpuRealtimePeriod { get; init; }
    public long? CpuRealtimeRuntime { get; init; }
    public string? CpusetCpus { get; init; }
    public string? CpusetMems { get; init; }
    public IReadOnlyList<DeviceJson>? Devices { get; init; }
    public IReadOnlyList<string>? DeviceCgroupRules { get; init; }
    public IReadOnlyList<DeviceRequestJson>? DeviceRequests { get; init; }
    public long? MemoryReservation { get; init; }
    public long? MemorySwap { get; init; }
    public long? MemorySwappiness { get; init; }
    public bool? OomKillDisable { get; init; }
    public long? PidsLimit { get; init; }
    public IReadOnlyList<ContainerSpecJson.UlimitJson>? Ulimits { get; init; }
    public long? IOMaximumIOps { get; init; }
    public long? IOMaximumBandwidth { get; init; }

    internal sealed record WeightJson(string? Path, uint Weight);

    internal sealed record RateJson(string? Path, ulong Rate);

    internal sealed record DeviceJson(string? PathOnHost, string? PathInContainer, string? CgroupPermissions);

    internal sealed record DeviceRequestJson(
        string? Driver, int? Count, IReadOnlyList<string>? DeviceIDs, IReadOnlyList<IReadOnlyList<string>>? Capabilities, IReadOnlyDictionary<string, string>? Options);
}
