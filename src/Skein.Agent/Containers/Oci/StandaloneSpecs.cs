using System.Globalization;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Agent.Containers.Oci;

/// <summary>What only a container of a user may have: namespaces of others, limits beyond a service's, paths of its own choice.</summary>
internal static class StandaloneSpecs
{
    // Names of variables, parted by what none can have in it.
    private const string ToldAnnotation = "skein.linked";

    /// <param name="sharedMemoryOf">Where the /dev/shm of a container lies that lets others into its IPC namespace.</param>
    public static OciSpec Apply(OciSpec spec, ContainerDefinition definition, HostCgroups cgroups, Func<string, string> sharedMemoryOf)
    {
        var wish = definition.Standalone;
        var hostNetwork = wish.NetworkMode == NamespaceMode.Host;
        var linux = spec.Linux with
        {
            Namespaces = Namespaces(spec.Linux.Namespaces, wish),
            CgroupsPath = wish.CgroupParent.Length > 0 ? $"/{wish.CgroupParent.Trim('/')}/{definition.Id}" : spec.Linux.CgroupsPath,
            Resources = Resources(spec.Linux.Resources, wish.Limits ?? new(), cgroups),
            Sysctl = Sysctls(spec.Linux.Sysctl, wish, hostNetwork),
            MaskedPaths = wish.OwnPaths ? wish.MaskedPaths : spec.Linux.MaskedPaths,
            ReadonlyPaths = wish.OwnPaths ? wish.ReadonlyPaths : spec.Linux.ReadonlyPaths,
        };
        return spec with
        {
            Process = wish.ConsoleHeight > 0 && spec.Process.Terminal ? spec.Process with { ConsoleSize = new(wish.ConsoleHeight, wish.ConsoleWidth) } : spec.Process,
            Hostname = wish.UtsMode == NamespaceMode.Host ? null : spec.Hostname,
            Linux = linux,
            Mounts = Mounts(spec.Mounts, definition, sharedMemoryOf),
            Annotations = wish.Annotations.Count > 0 ? wish.Annotations : null,
        };
    }

    /// <summary>Into namespaces of other containers, by paths that hold until these end.</summary>
    /// <param name="paths">By the namespace's kind: network, pid, ipc.</param>
    public static OciSpec Join(OciSpec spec, IReadOnlyDictionary<string, string> paths) => spec with
    {
        Linux = spec.Linux with { Namespaces = [.. spec.Linux.Namespaces.Select(space => paths.TryGetValue(space.Type, out var path) ? space with { Path = path } : space)] },
    };

    /// <summary>Gives its processes these variables in place of those of an earlier start; what has a value of its own keeps it.</summary>
    public static OciSpec Tell(OciSpec spec, IReadOnlyList<string> variables)
    {
        var annotations = (spec.Annotations ?? new Dictionary<string, string>()).ToDictionary();
        annotations.Remove(ToldAnnotation, out var before);
        var told = (before ?? "").Split('=').ToHashSet(StringComparer.Ordinal);
        var own = spec.Process.Env.Where(entry => !told.Contains(NameOf(entry))).ToList();
        var names = own.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        var added = variables.Where(entry => names.Add(NameOf(entry))).ToList();
        if (added.Count > 0) annotations[ToldAnnotation] = string.Join('=', added.Select(NameOf));
        return spec with { Process = spec.Process with { Env = [.. own, .. added] }, Annotations = annotations.Count > 0 ? annotations : null };

        static string NameOf(string entry) => entry.Split('=', 2)[0];
    }

    private static List<OciNamespace> Namespaces(IReadOnlyList<OciNamespace> own, StandaloneSpec wish)
    {
        var modes = new Dictionary<string, string> { ["network"] = wish.NetworkMode, ["pid"] = wish.PidMode, ["ipc"] = wish.IpcMode, ["uts"] = wish.UtsMode, ["cgroup"] = wish.CgroupnsMode };
        var namespaces = own.Where(space => modes.GetValueOrDefault(space.Type) != NamespaceMode.Host).ToList();
        if (wish.CgroupnsMode == "private" && namespaces.All(space => space.Type != "cgroup")) namespaces.Add(new("cgroup"));
        return namespaces;
    }

    public static OciResources Resources(OciResources own, HardwareLimits limits, HostCgroups cgroups) => own with
    {
        Cpu = Cpu(own.Cpu, limits),
        Memory = limits.OomKillDisable == true && !cgroups.Unified ? (own.Memory ?? new(null, null, null)) with { DisableOOMKiller = true } : own.Memory,
        BlockIO = BlockIO(limits),
    };

    private static OciCpu? Cpu(OciCpu? own, HardwareLimits limits)
    {
        var cpu = new OciCpu(own?.Quota ?? Given(limits.CpuQuota), own?.Period ?? (ulong?)Given(limits.CpuPeriod))
        {
            Shares = (ulong?)Given(limits.CpuShares),
            RealtimePeriod = (ulong?)Given(limits.CpuRealtimePeriod),
            RealtimeRuntime = Given(limits.CpuRealtimeRuntime),
            Cpus = Given(limits.CpusetCpus),
            Mems = Given(limits.CpusetMems),
        };
        return cpu == new OciCpu(null, null) ? null : cpu;
    }

    private static OciBlockIO? BlockIO(HardwareLimits limits)
    {
        var io = new OciBlockIO
        {
            Weight = limits.BlkioWeight > 0 ? (ushort)limits.BlkioWeight : null,
            WeightDevice = limits.BlkioWeightDevice.Count == 0 ? null : [.. limits.BlkioWeightDevice.Select(rate => Weight(rate))],
            ThrottleReadBpsDevice = Throttles(limits.BlkioReadBps),
            ThrottleWriteBpsDevice = Throttles(limits.BlkioWriteBps),
            ThrottleReadIOPSDevice = Throttles(limits.BlkioReadIops),
            ThrottleWriteIOPSDevice = Throttles(limits.BlkioWriteIops),
        };
        return io == new OciBlockIO() ? null : io;
    }

    private static OciWeightDevice Weight(DeviceRate rate)
    {
        var device = Device(rate.Path);
        return new(device.Major, device.Minor, (ushort)rate.Rate);
    }

    private static OciThrottleDevice[]? Throttles(IReadOnlyCollection<DeviceRate> rates) => rates.Count == 0
        ? null
        : [.. rates.Select(rate => (Device: Device(rate.Path), rate.Rate)).Select(one => new OciThrottleDevice(one.Device.Major, one.Device.Minor, one.Rate))];

    private static DeviceNode Device(string path) => DeviceNode.Read(path) ?? throw SkeinException.Invalid($"stat {path}: no such file or directory");

    // Parameters of a namespace that it shares with the host are the host's.
    private static Dictionary<string, string>? Sysctls(IReadOnlyDictionary<string, string>? own, StandaloneSpec wish, bool hostNetwork)
    {
        var sysctls = (own ?? new Dictionary<string, string>())
            .Where(one => !hostNetwork || one.Key is not ("net.ipv4.ip_unprivileged_port_start" or "net.ipv4.ping_group_range"))
            .ToDictionary();
        if (wish.Domainname.Length > 0 && wish.UtsMode != NamespaceMode.Host) sysctls["kernel.domainname"] = wish.Domainname;
        return sysctls.Count > 0 ? sysctls : null;
    }

    private static IReadOnlyList<OciMount> Mounts(IReadOnlyList<OciMount> own, ContainerDefinition definition, Func<string, string> sharedMemoryOf)
    {
        var wish = definition.Standalone;
        var mounts = own.Where(mount => !wish.Tmpfs.ContainsKey(mount.Destination)).Select(mount => mount switch
        {
            { Destination: "/dev/shm", Source: "shm" } => SharedMemory(mount, definition, sharedMemoryOf),
            _ => mount,
        });
        return [.. mounts.OfType<OciMount>(), .. wish.Tmpfs.Select(one => Tmpfs(one.Key, one.Value))];
    }

    private static OciMount? SharedMemory(OciMount mount, ContainerDefinition definition, Func<string, string> sharedMemoryOf) => definition.Standalone.IpcMode switch
    {
        NamespaceMode.None => null,
        NamespaceMode.Host => Bound("/dev/shm"),
        NamespaceMode.Shareable => Bound(sharedMemoryOf(definition.Id)),
        var mode when NamespaceMode.Container(mode) is { } other => Bound(sharedMemoryOf(other)),
        _ => mount with { Options = [.. mount.Options.Where(option => !option.StartsWith("size=", StringComparison.Ordinal)), string.Create(CultureInfo.InvariantCulture, $"size={SizeOf(definition.Standalone)}")] },
    };

    private static OciMount Bound(string path) => new("/dev/shm", "bind", path, ["rbind", "rprivate"]);

    /// <summary>Of /dev/shm, in bytes.</summary>
    public static long SizeOf(StandaloneSpec wish) => wish.ShmSize > 0 ? wish.ShmSize : DefaultPaths.SharedMemoryBytes;

    /// <summary>`--tmpfs TARGET:OPTIONS`: what is not said is as safe as Docker makes it.</summary>
    private static OciMount Tmpfs(string target, string options) =>
        new(target, "tmpfs", "tmpfs", ["noexec", "nosuid", "nodev", .. options.Split(',', StringSplitOptions.RemoveEmptyEntries)]);

    private static long? Given(long value) => value != 0 ? value : null;

    private static string? Given(string value) => value.Length > 0 ? value : null;
}
