using System.Text.Json;

namespace Skein.Api.Swarm;

/// <summary>Docker's ContainerSpec of a service.</summary>
internal sealed record ContainerSpecJson
{
    public string? Image { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public IReadOnlyList<string>? Command { get; init; }
    public IReadOnlyList<string>? Args { get; init; }
    public string? Hostname { get; init; }
    public IReadOnlyList<string>? Env { get; init; }
    public string? Dir { get; init; }
    public string? User { get; init; }
    public IReadOnlyList<string>? Groups { get; init; }
    public PrivilegesJson? Privileges { get; init; }
    public bool? TTY { get; init; }
    public bool? OpenStdin { get; init; }
    public bool? ReadOnly { get; init; }
    public IReadOnlyList<MountJson>? Mounts { get; init; }
    public string? StopSignal { get; init; }
    public long? StopGracePeriod { get; init; }
    public HealthJson? Healthcheck { get; init; }
    public IReadOnlyList<string>? Hosts { get; init; }
    public DnsJson? DNSConfig { get; init; }
    public IReadOnlyList<SecretJson>? Secrets { get; init; }
    public IReadOnlyList<ConfigJson>? Configs { get; init; }
    public string? Isolation { get; init; }
    public bool? Init { get; init; }
    public IReadOnlyDictionary<string, string>? Sysctls { get; init; }
    public IReadOnlyList<string>? CapabilityAdd { get; init; }
    public IReadOnlyList<string>? CapabilityDrop { get; init; }
    public IReadOnlyList<UlimitJson>? Ulimits { get; init; }
    public long? OomScoreAdj { get; init; }

    internal sealed record SecretJson
    {
        public FileTargetJson? File { get; init; }
        public string? SecretID { get; init; }
        public string? SecretName { get; init; }
    }

    internal sealed record ConfigJson
    {
        public FileTargetJson? File { get; init; }
        public JsonElement? Runtime { get; init; }
        public string? ConfigID { get; init; }
        public string? ConfigName { get; init; }
    }

    internal sealed record FileTargetJson
    {
        public string? Name { get; init; }
        public string? UID { get; init; }
        public string? GID { get; init; }
        public uint? Mode { get; init; }
    }

    internal sealed record UlimitJson
    {
        public string? Name { get; init; }
        public long Hard { get; init; }
        public long Soft { get; init; }
    }

    internal sealed record DnsJson
    {
        public IReadOnlyList<string>? Nameservers { get; init; }
        public IReadOnlyList<string>? Search { get; init; }
        public IReadOnlyList<string>? Options { get; init; }
    }

    internal sealed record HealthJson
    {
        public IReadOnlyList<string>? Test { get; init; }
        public long? Interval { get; init; }
        public long? Timeout { get; init; }
        public long? StartPeriod { get; init; }
        public long? StartInterval { get; init; }
        public int? Retries { get; init; }
    }

    internal sealed record MountJson
    {
        public string? Type { get; init; }
        public string? Source { get; init; }
        public string? Target { get; init; }
        public bool? ReadOnly { get; init; }
        public string? Consistency { get; init; }
        public BindJson? BindOptions { get; init; }
        public VolumeJson? VolumeOptions { get; init; }
        public TmpfsJson? TmpfsOptions { get; init; }
        public ImageJson? ImageOptions { get; init; }
        public JsonElement? ClusterOptions { get; init; }
    }

    internal sealed record BindJson
    {
        public string? Propagation { get; init; }
        public bool? NonRecursive { get; init; }
        public bool? CreateMountpoint { get; init; }
        public bool? ReadOnlyNonRecursive { get; init; }
        public bool? ReadOnlyForceRecursive { get; init; }
    }

    internal sealed record VolumeJson
    {
        public bool? NoCopy { get; init; }
        public IReadOnlyDictionary<string, string>? Labels { get; init; }
        public DriverJson? DriverConfig { get; init; }
        public string? Subpath { get; init; }
    }

    internal sealed record ImageJson
    {
        public string? Subpath { get; init; }
    }

    internal sealed record DriverJson
    {
        public string? Name { get; init; }
        public IReadOnlyDictionary<string, string>? Options { get; init; }
    }

    internal sealed record TmpfsJson
    {
        public long? SizeBytes { get; init; }
        public uint? Mode { get; init; }

        /// <summary>Each a name, and a value for those that have one.</summary>
        public IReadOnlyList<IReadOnlyList<string>>? Options { get; init; }
    }
}
