using System.Runtime.InteropServices;
using Skein.Agent.Images;
using Skein.Model;
using Skein.Model.Seccomp;
using Skein.Model.Validation;

namespace Skein.Agent.Containers.Oci;

/// <summary>From a container's definition and its image's config to the OCI spec. Pure: paths and numbers are resolved before.</summary>
/// <param name="CgroupParent">e.g. "/skein"; the container's cgroup is one below it, in every hierarchy.</param>
/// <param name="InitPath">The host's init for `--init`; null = none installed.</param>
internal sealed record OciSpecBuilder(string CgroupParent, HostCgroups Cgroups, string? InitPath)
{
    /// <summary>What ALL and --privileged mean on this host.</summary>
    public IReadOnlyList<string> AllCapabilities { get; init; } = CapabilitySet.All;

    /// <summary>The host's.</summary>
    public Version Kernel { get; init; } = System.Environment.OSVersion.Version;

    public bool HasSelinux { get; init; }

    private const string InitInContainer = "/sbin/docker-init";

    private const ulong CpuPeriodMicroseconds = 100_000;

    /// <param name="appArmorProfile">null where the kernel has no AppArmor.</param>
    /// <param name="access">What it is given of the host; null for a container like any other.</param>
    public OciSpec Build(
        ContainerDefinition definition, ImageConfig image, OciUser user, IReadOnlyList<OciMount> userMounts, string? appArmorProfile = null, OciAccess? access = null)
    {
        var isPrivileged = access?.Privileged == true;
        var spec = definition.Spec;
        if (spec.Init == true && InitPath is null) throw SkeinException.Invalid("exec: \"docker-init\": executable file not found in $PATH");
        var capabilities = isPrivileged ? AllCapabilities : CapabilitySet.Of(spec.CapabilityAdd, spec.CapabilityDrop, AllCapabilities);
        var label = SelinuxLabel.Of(spec.Privileges?.Selinux, HasSelinux);
        return new OciSpec
        {
            Process = Process(definition, image, user, access) with
            {
                Capabilities = Grant(capabilities, user),
                ApparmorProfile = isPrivileged ? null : appArmorProfile,
                SelinuxLabel = label?.Process,
            },
            Root = new OciRoot("rootfs", spec.ReadOnly),
            Hostname = definition.Hostname,
            Mounts = Mounts(definition, [.. userMounts, .. VendorsMounts(access, userMounts)], isPrivileged),
            Hooks = access?.Hooks,
            Linux = Linux(definition, access) with
            {
                // A shared mount below a root that is a slave of the host's would propagate to nobody.
                RootfsPropagation = userMounts.Any(mount => mount.Options.Any(option => option is "shared" or "rshared")) ? "shared" : null,
                // As in Docker: privileged is without, unless a profile of its own is asked for.
                Seccomp = isPrivileged && spec.Privileges?.Seccomp?.Mode != SeccompMode.Custom ? null : Seccomp(spec, capabilities),
                MountLabel = label?.Files,
            },
        };
    }

    private static OciProcess Process(ContainerDefinition definition, ImageConfig image, OciUser user, OciAccess? access)
    {
        var spec = definition.Spec;
        var command = Command(spec, image);
        return new OciProcess
        {
            Terminal = spec.Tty,
            User = access?.Groups is { Count: > 0 } groups ? user with { AdditionalGids = [.. (user.AdditionalGids ?? []).Union(groups)] } : user,
            Args = spec.Init == true ? [InitInContainer, "--", .. command] : command,
            Env = access is null ? Environment(definition, image) : MergeEnvironment(Environment(definition, image), access.Environment),
            Cwd = FirstNonEmpty(spec.Dir, image.WorkingDir, "/"),
            Rlimits = Rlimits(spec),
            // Always said: without it a container takes after its shim, which systemd's setting for containerd may have made
            // all but unkillable.
            OomScoreAdj = (int)spec.OomScoreAdj,
            NoNewPrivileges = spec.Privileges?.NoNewPrivileges == true,
        };
    }

    private OciLinux Linux(ContainerDefinition definition, OciAccess? access)
    {
        var isPrivileged = access?.Privileged == true;
        return new OciLinux
        {
            Namespaces = Namespaces(definition.NetworkNamespacePath),
            CgroupsPath = $"{CgroupParent.TrimEnd('/')}/{definition.Id}",
            Resources = Resources(definition.Resources, access),
            Devices = access?.Devices.Count > 0 ? [.. access.Devices.Select(device => device.Device)] : null,
            MaskedPaths = isPrivileged ? [] : KernelPaths.Masked,
            ReadonlyPaths = isPrivileged ? [] : KernelPaths.Readonly,
            Sysctl = Sysctls(definition.Spec),
        };
    }

    /// <summary>A process executed in a container: the container's own environment and directory unless others are given.</summary>
    public OciProcess BuildExec(OciProcess container, ExecDefinition exec, OciUser user) => new()
    {
        Terminal = exec.Tty,
        User = user,
        Args = exec.Command,
        Env = MergeEnvironment(exec.Tty ? MergeEnvironment(container.Env, ["TERM=xterm"]) : container.Env, exec.Env),
        Cwd = FirstNonEmpty(exec.WorkingDir, container.Cwd),
        Capabilities = exec.Privileged ? Grant(AllCapabilities, user) : Grant(container.Capabilities?.Bounding ?? [], user),
        Rlimits = container.Rlimits,
        OomScoreAdj = container.OomScoreAdj,
        ApparmorProfile = container.ApparmorProfile,
        NoNewPrivileges = container.NoNewPrivileges,
        SelinuxLabel = container.SelinuxLabel,
    };

    private OciSeccomp? Seccomp(ContainerSpec spec, IReadOnlyList<string> capabilities)
    {
        var wish = spec.Privileges?.Seccomp;
        return wish?.Mode switch
        {
            SeccompMode.Unconfined => null,
            SeccompMode.Custom => CustomSeccomp.Of(SeccompDocument.Parse(wish.Profile.Span), capabilities, RuntimeInformation.ProcessArchitecture, Kernel),
            _ => SeccompProfile.Of(capabilities, RuntimeInformation.ProcessArchitecture, Kernel),
        };
    }

    public static IReadOnlyList<string> Command(ContainerSpec spec, ImageConfig image)
    {
        var entrypoint = spec.Command.Count > 0 ? (IReadOnlyList<string>)spec.Command : image.Entrypoint;
        // An entrypoint of one's own sets the image's command aside.
        IReadOnlyList<string> arguments = spec.Args.Count > 0 ? spec.Args : spec.Command.Count > 0 ? [] : image.Cmd;
        return entrypoint.Count + arguments.Count > 0 ? [.. entrypoint, .. arguments] : throw SkeinException.Invalid("no command specified");
    }

    /// <summary>Later values win and keep the earlier place; a name without "=" takes the variable away.</summary>
    public static IReadOnlyList<string> MergeEnvironment(IEnumerable<string> defaults, IEnumerable<string> overrides)
    {
        var merged = defaults.ToList();
        // By name: an image, or a request, may have hundreds of thousands.
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < merged.Count; i++) places.TryAdd(NameOf(merged[i]), i);
        foreach (var entry in overrides)
        {
            if (places.TryAdd(NameOf(entry), merged.Count)) merged.Add(entry);
            else merged[places[NameOf(entry)]] = entry;
        }
        merged.RemoveAll(entry => !entry.Contains('='));
        return merged;

        static string NameOf(string entry) => entry.Split('=', 2)[0];
    }

    private static IReadOnlyList<string> Environment(ContainerDefinition definition, ImageConfig image)
    {
        List<string> basis = ["PATH=" + DefaultPaths.Path, "HOSTNAME=" + definition.Hostname];
        if (definition.Spec.Tty)
            basis.Add("TERM=xterm");
        return MergeEnvironment(MergeEnvironment(basis, image.Env), definition.Spec.Env);
    }

    // Capabilities of a user who is not root take effect by file capabilities alone.
    private static OciCapabilities Grant(IReadOnlyList<string> names, OciUser user) =>
        user.Uid == 0 ? new OciCapabilities(names, names, names) : new OciCapabilities(names, [], []);

    private static List<OciRlimit>? Rlimits(ContainerSpec spec) => spec.Ulimits.Count == 0
        ? null
        : [.. spec.Ulimits.Select(limit => new OciRlimit("RLIMIT_" + limit.Name.ToUpperInvariant(), (ulong)limit.Hard, (ulong)limit.Soft))];

    /// <summary>What the user mounts in a vendor's place stays there.</summary>
    private static IEnumerable<OciMount> VendorsMounts(OciAccess? access, IReadOnlyList<OciMount> userMounts) =>
        (access?.Mounts ?? []).Where(mount => userMounts.All(user => user.Destination != mount.Destination));

    private List<OciMount> Mounts(ContainerDefinition definition, IReadOnlyList<OciMount> userMounts, bool writesToKernel)
    {
        var own = new List<OciMount>();
        AddFile("/etc/resolv.conf", definition.ResolvConfPath);
        AddFile("/etc/hostname", definition.HostnamePath);
        AddFile("/etc/hosts", definition.HostsPath);
        if (definition.Spec.Init == true)
            own.Add(new OciMount(InitInContainer, "bind", InitPath!, ["bind", "ro"]));
        var later = own.Where(mount => userMounts.All(user => user.Destination != mount.Destination))
            .Concat(userMounts)
            .OrderBy(mount => mount.Destination.Count(character => character == '/'))
            .ToList();
        var first = DefaultPaths.Mounts.Where(mount => later.All(other => other.Destination != mount.Destination));
        if (writesToKernel) first = first.Select(mount => mount with { Options = [.. mount.Options.Select(option => option == "ro" ? "rw" : option)] });
        return [.. first, .. later];

        void AddFile(string destination, string source)
        {
            if (source.Length > 0)
                own.Add(new OciMount(destination, "bind", source, ["rbind", "rprivate", definition.Spec.ReadOnly ? "ro" : "rw"]));
        }
    }

    private List<OciNamespace> Namespaces(string networkPath)
    {
        List<OciNamespace> namespaces =
        [
            new("mount"), new("uts"), new("pid"), new("ipc"),
            networkPath.Length > 0 ? new("network", networkPath) : new("network"),
        ];
        if (Cgroups.Unified)
            namespaces.Add(new("cgroup"));
        return namespaces;
    }

    public OciResources Resources(ResourceRequirements? wanted, OciAccess? access)
    {
        var limits = wanted?.Limits;
        var memoryBytes = limits?.MemoryBytes ?? 0;
        var reservedBytes = wanted?.Reservations?.MemoryBytes ?? 0;
        return new OciResources
        {
            // Nothing but what runc itself grants: null, zero, full, random, urandom, tty, console, ptmx and pts.
            Devices = access?.Privileged == true ? [new OciDeviceRule(true, "rwm")] : [new OciDeviceRule(false, "rwm"), .. (access?.Devices ?? []).Select(device => device.Rule), .. access?.Rules ?? []],
            Memory = memoryBytes > 0 || reservedBytes > 0 || wanted?.MemorySwappiness is not null
                ? new OciMemory(Positive(memoryBytes), Positive(reservedBytes), Swap(memoryBytes, wanted), Swappiness(wanted))
                : null,
            Cpu = limits is { NanoCpus: > 0 }
                ? new OciCpu(limits.NanoCpus * (long)CpuPeriodMicroseconds / 1_000_000_000, CpuPeriodMicroseconds)
                : null,
            Pids = limits is { Pids: > 0 } ? new OciPids(limits.Pids) : null,
        };
    }

    // A cgroup of version 2 has no such switch: better no task than one that swaps otherwise than it was asked to.
    private ulong? Swappiness(ResourceRequirements? wanted) => wanted?.MemorySwappiness is not { } swappiness
        ? null
        : !Cgroups.Unified ? (ulong)swappiness : throw SkeinException.Invalid("memory swappiness needs cgroup v1: this host has v2");

    // Where the kernel does not count it, it has no file to be written to either.
    private long? Swap(long memoryBytes, ResourceRequirements? wanted)
    {
        var swap = Cgroups.MemorySwap(memoryBytes, wanted?.SwapBytes);
        return Cgroups.LimitsSwap && swap != 0 ? swap : null;
    }

    private static long? Positive(long value) => value > 0 ? value : null;

    // As in Docker since 20.10: low ports and ping need no capability inside a network namespace of one's own.
    private static Dictionary<string, string> Sysctls(ContainerSpec spec)
    {
        var sysctls = new Dictionary<string, string>
        {
            ["net.ipv4.ip_unprivileged_port_start"] = "0",
            ["net.ipv4.ping_group_range"] = "0 2147483647",
        };
        foreach (var (name, value) in spec.Sysctls)
        {
            // With dots, as runc knows it, and one name for one parameter.
            sysctls[SysctlName.Path(name).Replace('.', '\n').Replace('/', '.').Replace('\n', '/')] = value;
        }
        return sysctls;
    }

    private static string FirstNonEmpty(params ReadOnlySpan<string> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (candidate.Length > 0)
                return candidate;
        }
        return "";
    }
}
