using System.Text.Json.Serialization;

namespace Skein.Agent.Containers.Oci;

/// <summary>The OCI runtime spec 1.0 (config.json), as far as Skein fills it.</summary>
internal sealed record OciSpec
{
    public string OciVersion { get; init; } = "1.0.2";

    public required OciProcess Process { get; init; }

    public required OciRoot Root { get; init; }

    public string? Hostname { get; init; }

    public required IReadOnlyList<OciMount> Mounts { get; init; }

    public required OciLinux Linux { get; init; }

    public OciHooks? Hooks { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

internal sealed record OciProcess
{
    public bool Terminal { get; init; }

    public OciBox? ConsoleSize { get; init; }

    public required OciUser User { get; init; }

    public required IReadOnlyList<string> Args { get; init; }

    public required IReadOnlyList<string> Env { get; init; }

    public required string Cwd { get; init; }

    public OciCapabilities? Capabilities { get; init; }

    public IReadOnlyList<OciRlimit>? Rlimits { get; init; }

    public bool NoNewPrivileges { get; init; }

    public int? OomScoreAdj { get; init; }

    public string? ApparmorProfile { get; init; }

    public string? SelinuxLabel { get; init; }
}

internal sealed record OciBox(uint Height, uint Width);

internal sealed record OciUser(uint Uid, uint Gid, IReadOnlyList<uint>? AdditionalGids = null);

internal sealed record OciCapabilities(IReadOnlyList<string> Bounding, IReadOnlyList<string> Effective, IReadOnlyList<string> Permitted);

internal sealed record OciRlimit(string Type, ulong Hard, ulong Soft);

internal sealed record OciRoot(string Path, bool Readonly);

internal sealed record OciMount(string Destination, string Type, string Source, IReadOnlyList<string> Options);

internal sealed record OciLinux
{
    public required IReadOnlyList<OciNamespace> Namespaces { get; init; }

    /// <summary>null: what the host mounts later is seen, and nothing goes the other way.</summary>
    public string? RootfsPropagation { get; init; }

    public required string CgroupsPath { get; init; }

    public required OciResources Resources { get; init; }

    public IReadOnlyList<OciDevice>? Devices { get; init; }

    public required IReadOnlyList<string> MaskedPaths { get; init; }

    public required IReadOnlyList<string> ReadonlyPaths { get; init; }

    public IReadOnlyDictionary<string, string>? Sysctl { get; init; }

    public OciSeccomp? Seccomp { get; init; }

    /// <summary>Of the files that are its own, where the kernel has SELinux.</summary>
    public string? MountLabel { get; init; }
}

internal sealed record OciNamespace(string Type, string? Path = null);

internal sealed record OciResources
{
    public required IReadOnlyList<OciDeviceRule> Devices { get; init; }

    public OciMemory? Memory { get; init; }

    public OciCpu? Cpu { get; init; }

    public OciPids? Pids { get; init; }

    public OciBlockIO? BlockIO { get; init; }
}

/// <param name="Type">c or b; null = all of them.</param>
internal sealed record OciDeviceRule(bool Allow, string Access, string? Type = null, long? Major = null, long? Minor = null);

internal sealed record OciDevice(string Path, string Type, long Major, long Minor, uint FileMode, uint Uid, uint Gid);

internal sealed record OciHook(string Path, IReadOnlyList<string>? Args, IReadOnlyList<string>? Env, int? Timeout);

internal sealed record OciHooks(
    IReadOnlyList<OciHook>? Prestart,
    IReadOnlyList<OciHook>? CreateRuntime,
    IReadOnlyList<OciHook>? CreateContainer,
    IReadOnlyList<OciHook>? StartContainer,
    IReadOnlyList<OciHook>? Poststart,
    IReadOnlyList<OciHook>? Poststop);

/// <param name="Swap">memory and swap together, in version 2 too: runc takes the memory off</param>
/// <param name="Swappiness">version 1 alone knows it</param>
internal sealed record OciMemory(long? Limit, long? Reservation, long? Swap, ulong? Swappiness = null)
{
    public bool? DisableOOMKiller { get; init; }
}

internal sealed record OciCpu(long? Quota, ulong? Period)
{
    public ulong? Shares { get; init; }

    public ulong? RealtimePeriod { get; init; }

    public long? RealtimeRuntime { get; init; }

    public string? Cpus { get; init; }

    public string? Mems { get; init; }
}

/// <summary>Rates in bytes or operations a second, weights from 10 to 1000.</summary>
internal sealed record OciBlockIO
{
    public ushort? Weight { get; init; }

    public IReadOnlyList<OciWeightDevice>? WeightDevice { get; init; }

    public IReadOnlyList<OciThrottleDevice>? ThrottleReadBpsDevice { get; init; }

    public IReadOnlyList<OciThrottleDevice>? ThrottleWriteBpsDevice { get; init; }

    public IReadOnlyList<OciThrottleDevice>? ThrottleReadIOPSDevice { get; init; }

    public IReadOnlyList<OciThrottleDevice>? ThrottleWriteIOPSDevice { get; init; }
}

internal sealed record OciWeightDevice(long Major, long Minor, ushort Weight);

internal sealed record OciThrottleDevice(long Major, long Minor, ulong Rate);

internal sealed record OciPids(long Limit);

internal sealed record OciSeccomp(string DefaultAction, uint? DefaultErrnoRet, IReadOnlyList<string> Architectures, IReadOnlyList<OciSyscallRule> Syscalls)
{
    public IReadOnlyList<string>? Flags { get; init; }
}

internal sealed record OciSyscallRule(IReadOnlyList<string> Names, string Action, uint? ErrnoRet = null, IReadOnlyList<OciSyscallArgument>? Args = null);

internal sealed record OciSyscallArgument(uint Index, ulong Value, ulong ValueTwo, string Op);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OciSpec))]
[JsonSerializable(typeof(OciProcess))]
[JsonSerializable(typeof(OciResources))]
internal sealed partial class OciJson : JsonSerializerContext;
