using System.Text.Json.Serialization;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Api.Containers.Create;
using Skein.Api.Engine;
using Skein.Api.Swarm;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Containers;

/// <summary>
/// What a container was given of its host. Docker sends every field, zero or null where a task does not set it; clients read some
/// without looking whether they are there.
/// </summary>
internal sealed record HostConfigJson
{
    // The tmpfs on /dev/shm that OciSpecBuilder gives each container.
    private const long SharedMemoryBytes = 64 << 20;

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? Binds { get; init; }

    public string ContainerIDFile { get; init; } = "";
    public required LogConfigJson LogConfig { get; init; }
    public string NetworkMode { get; init; } = "default";
    public required IReadOnlyDictionary<string, IReadOnlyList<PortBindingJson>> PortBindings { get; init; }
    public RestartPolicyJson RestartPolicy { get; init; } = new("no", 0);
    public bool AutoRemove { get; init; }
    public string VolumeDriver { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? VolumesFrom { get; init; }

    public IReadOnlyList<int> ConsoleSize { get; init; } = [0, 0];

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? CapAdd { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? CapDrop { get; init; }

    public required string CgroupnsMode { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? Dns { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? DnsOptions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? DnsSearch { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? ExtraHosts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? GroupAdd { get; init; }

    public string IpcMode { get; init; } = "private";
    public string Cgroup { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? Links { get; init; }

    public long OomScoreAdj { get; init; }
    public string PidMode { get; init; } = "";
    public bool Privileged { get; init; }
    public bool PublishAllPorts { get; init; }
    public bool ReadonlyRootfs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? SecurityOpt { get; init; }

    public string UTSMode { get; init; } = "";
    public string UsernsMode { get; init; } = "";
    public long ShmSize { get; init; } = SharedMemoryBytes;
    public IReadOnlyDictionary<string, string>? Sysctls { get; init; }
    public IReadOnlyDictionary<string, string>? Tmpfs { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
    public string Runtime { get; init; } = "runc";
    public required string Isolation { get; init; }
    public long CpuShares { get; init; }
    public long Memory { get; init; }
    public long NanoCpus { get; init; }
    public string CgroupParent { get; init; } = "";
    public int BlkioWeight { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<LimitsWishJson.WeightJson>? BlkioWeightDevice { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<LimitsWishJson.RateJson>? BlkioDeviceReadBps { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<LimitsWishJson.RateJson>? BlkioDeviceWriteBps { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<LimitsWishJson.RateJson>? BlkioDeviceReadIOps { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<LimitsWishJson.RateJson>? BlkioDeviceWriteIOps { get; init; }

    public long CpuPeriod { get; init; }
    public long CpuQuota { get; init; }
    public long CpuRealtimePeriod { get; init; }
    public long CpuRealtimeRuntime { get; init; }
    public string CpusetCpus { get; init; } = "";
    public string CpusetMems { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<LimitsWishJson.DeviceJson>? Devices { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? DeviceCgroupRules { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<LimitsWishJson.DeviceRequestJson>? DeviceRequests { get; init; }

    public long MemoryReservation { get; init; }

    /// <summary>Memory and swap together, in bytes; -1 where the host limits no swap.</summary>
    public long MemorySwap { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long? MemorySwappiness { get; init; }

    /// <summary>null on cgroup v2, where there is no such switch.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public bool? OomKillDisable { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long? PidsLimit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<UlimitJson>? Ulimits { get; init; }

    public long CpuCount { get; init; }
    public long CpuPercent { get; init; }
    public long IOMaximumIOps { get; init; }
    public long IOMaximumBandwidth { get; init; }
    public IReadOnlyList<ContainerSpecJson.MountJson>? Mounts { get; init; }
    public IReadOnlyList<string> MaskedPaths { get; init; } = KernelPaths.Masked;
    public IReadOnlyList<string> ReadonlyPaths { get; init; } = KernelPaths.Readonly;
    public bool? Init { get; init; }

    internal sealed record LogConfigJson(string Type, IReadOnlyDictionary<string, string> Config);

    internal sealed record RestartPolicyJson(string? Name, int MaximumRetryCount);

    internal sealed record PortBindingJson(string? HostIp, string? HostPort);

    internal sealed record UlimitJson(string Name, long Hard, long Soft);

    public static HostConfigJson From(ContainerDefinition definition, ContainerNetwork? network, ImageRecord? image, HostCgroups cgroups)
    {
        var given = OfAny(definition, network, image, cgroups);
        return definition.Standalone is { } wish ? StandaloneHostConfig.Apply(given, wish, definition.Name, cgroups) : given;
    }

    private static HostConfigJson OfAny(ContainerDefinition definition, ContainerNetwork? network, ImageRecord? image, HostCgroups cgroups)
    {
        var (spec, limits) = (definition.Spec, definition.Resources?.Limits);
        return new HostConfigJson
        {
            LogConfig = new LogConfigJson(definition.LogDriver is { Name.Length: > 0 } driver ? driver.Name : "json-file", definition.LogDriver?.Options.ToDictionary() ?? []),
            PortBindings = (network?.HostPorts ?? [])
                .GroupBy(p => $"{p.TargetPort}/{ContainerSummaryJson.ProtocolName(p.Protocol)}")
                .ToDictionary(g => g.Key, g => (IReadOnlyList<PortBindingJson>)[.. g.Select(p => new PortBindingJson("", $"{p.PublishedPort}"))]),
            CapAdd = NullIfEmpty(spec.CapabilityAdd),
            CapDrop = NullIfEmpty(spec.CapabilityDrop),
            CgroupnsMode = cgroups.Unified ? "private" : "host",
            Dns = NullIfEmpty(spec.DnsConfig?.Nameservers),
            DnsOptions = NullIfEmpty(spec.DnsConfig?.Options),
            DnsSearch = NullIfEmpty(spec.DnsConfig?.Search),
            ExtraHosts = NullIfEmpty([.. spec.Hosts.Select(ExtraHost).OfType<string>()]),
            GroupAdd = NullIfEmpty(spec.Groups),
            OomScoreAdj = spec.OomScoreAdj,
            Privileged = definition.Labels.GetValueOrDefault(ServiceGrants.PrivilegedLabel) == "true",
            ReadonlyRootfs = spec.ReadOnly,
            Sysctls = spec.Sysctls.Count == 0 ? null : spec.Sysctls.ToDictionary(),
            Isolation = spec.Isolation.Length > 0 ? spec.Isolation : "default",
            Memory = limits?.MemoryBytes ?? 0,
            NanoCpus = limits?.NanoCpus ?? 0,
            MemoryReservation = definition.Resources?.Reservations?.MemoryBytes ?? 0,
            MemorySwap = cgroups.MemorySwap(limits?.MemoryBytes ?? 0, definition.Resources?.SwapBytes),
            MemorySwappiness = definition.Resources?.MemorySwappiness,
            SecurityOpt = NullIfEmpty([.. SecurityOptions(spec.Privileges ?? new())]),
            OomKillDisable = cgroups.Unified ? null : false,
            PidsLimit = limits is { Pids: > 0 } ? limits.Pids : null,
            Ulimits = spec.Ulimits.Count == 0 ? null : [.. spec.Ulimits.Select(u => new UlimitJson(u.Name, u.Hard, u.Soft))],
            Mounts = WishedMounts(spec, image),
            Init = spec.Init,
        };
    }

    /// <summary>In the words of the command line.</summary>
    private static IEnumerable<string> SecurityOptions(Privileges privileges)
    {
        if (privileges.Selinux is { } selinux)
        {
            if (selinux.Disable) yield return "label=disable";
            foreach (var (name, value) in new[] { ("user", selinux.User), ("role", selinux.Role), ("level", selinux.Level), ("type", selinux.Type) })
            {
                if (value.Length > 0) yield return $"label={name}:{value}";
            }
        }
        if (privileges.Seccomp?.Mode == SeccompMode.Unconfined) yield return "seccomp=unconfined";
        if (privileges.Seccomp?.Mode == SeccompMode.Custom) yield return $"seccomp={privileges.Seccomp.Profile.ToStringUtf8()}";
        if (privileges.AppArmor?.Mode == AppArmorMode.Disabled) yield return "apparmor=unconfined";
        if (privileges.NoNewPrivileges) yield return "no-new-privileges=true";
    }

    /// <summary>From the hosts file's form, "10.0.0.9 db alias", to the command line's, "db:10.0.0.9"; Docker leaves the aliases out as well.</summary>
    private static string? ExtraHost(string line) =>
        line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var address, var name, ..] ? $"{name}:{address}" : null;

    /// <summary>Those of the service; what its image declares is no wish of its own.</summary>
    private static IReadOnlyList<ContainerSpecJson.MountJson>? WishedMounts(ContainerSpec spec, ImageRecord? image)
    {
        var wished = spec.Mounts.Where(m => m.Source.Length > 0 || image?.Config.Volumes.Contains(m.Target) != true).Select(MountWriter.Write).ToList();
        return wished.Count == 0 ? null : wished;
    }

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string>? list) => list is null or [] ? null : list;
}
