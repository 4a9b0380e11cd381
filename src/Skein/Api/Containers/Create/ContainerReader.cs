using System.Globalization;
using System.Net;
using Skein.Agent.Containers;
using Skein.Api.Swarm;
using Skein.Model;

namespace Skein.Api.Containers.Create;

/// <summary>From the body of POST /containers/create to a container's definition; refusals are Docker's, in its order.</summary>
internal static class ContainerReader
{
    private const int DefaultStopSeconds = 10;
    private const int NameLimit = 64;   // sethostname(2)
    private static readonly ApiVersion s_autoRemoveSince = new(1, 25);
    private static readonly ApiVersion s_privateIpcSince = new(1, 40);
    private static readonly ApiVersion s_recursiveReadOnlySince = new(1, 44);

    public static ContainerDefinition Read(ContainerCreateJson json, string name, ApiVersion version, List<string> warnings)
    {
        if (json with { HostConfig = null, NetworkingConfig = null } == new ContainerCreateJson()) throw SkeinException.Invalid("config cannot be empty in order to create a container");
        // An entrypoint that was taken away is not the image's, and its arguments are not either.
        if (json is { Entrypoint: [""], Cmd: null or [] }) throw SkeinException.Invalid("no command specified");
        var host = json.HostConfig ?? new();
        NamespaceReader.CheckNetwork(json, host);
        var wish = ReadWish(json, host, version);
        var definition = new ContainerDefinition
        {
            Name = name,
            Standalone = wish,
            Spec = ReadSpec(json, host, version),
            Hostname = ReadName("hostname", json.Hostname),
            Resources = LimitsReader.Resources(host, warnings),
            LogDriver = new TaskSpecJson.LogDriverJson { Name = host.LogConfig?.Type, Options = host.LogConfig?.Config }.ToModel(),
            StopGracePeriod = Nanoseconds(json.StopTimeout ?? DefaultStopSeconds),
        };
        foreach (var (key, value) in json.Labels ?? new Dictionary<string, string>()) definition.Labels[key] = value;
        wish.Limits = LimitsReader.Limits(host, warnings);
        if (wish.NetworkMode == NamespaceMode.Host && wish.PortBindings.Count > 0) warnings.Add("Published ports are discarded when using host network mode");
        return definition;
    }

    private static ContainerSpec ReadSpec(ContainerCreateJson json, HostWishJson host, ApiVersion version)
    {
        var spec = new ContainerSpec
        {
            Image = json.Image ?? "",
            User = json.User ?? "",
            Dir = ReadFolder(json.WorkingDir),
            Tty = json.Tty ?? false,
            OpenStdin = json.OpenStdin ?? false,
            ReadOnly = host.ReadonlyRootfs ?? false,
            StopSignal = json.StopSignal ?? "",
            Healthcheck = HealthReader.Read(json.Healthcheck),
            DnsConfig = ReadDns(host),
            Init = host.Init,
            OomScoreAdj = ReadScore(host.OomScoreAdj ?? 0),
            Privileges = SecurityReader.Read(host.SecurityOpt),
        };
        spec.Env.AddRange((json.Env ?? []).Select(ReadVariable));
        if (json.Entrypoint is [""]) spec.Command.AddRange(json.Cmd ?? []);
        else
        {
            spec.Command.AddRange(json.Entrypoint ?? []);
            spec.Args.AddRange(json.Cmd ?? []);
        }
        spec.Groups.AddRange(host.GroupAdd ?? []);
        spec.Hosts.AddRange((host.ExtraHosts ?? []).Select(ExtraHost.ToLine));
        spec.CapabilityAdd.AddRange(host.CapAdd ?? []);
        spec.CapabilityDrop.AddRange(host.CapDrop ?? []);
        foreach (var (key, value) in host.Sysctls ?? new Dictionary<string, string>()) spec.Sysctls[key] = value;
        spec.Ulimits.AddRange(LimitsReader.Ulimits(host));
        spec.Mounts.AddRange(MountsReader.Read(json, host, readOnlyAlone: version.CompareTo(s_recursiveReadOnlySince) < 0));
        return spec;
    }

    private static StandaloneSpec ReadWish(ContainerCreateJson json, HostWishJson host, ApiVersion version)
    {
        var wish = new StandaloneSpec
        {
            Restart = RestartReader.Read(host.RestartPolicy),
            AutoRemove = host.AutoRemove == true && version.CompareTo(s_autoRemoveSince) >= 0,
            AttachStdin = json.AttachStdin ?? false,
            AttachStdout = json.AttachStdout ?? false,
            AttachStderr = json.AttachStderr ?? false,
            StdinOnce = json.StdinOnce ?? false,
            NoEntrypoint = json.Entrypoint is [""],
            Domainname = ReadName("domainname", json.Domainname),
            PublishAllPorts = host.PublishAllPorts ?? false,
            Privileged = host.Privileged ?? false,
            CgroupParent = host.CgroupParent ?? "",
            ShmSize = host.ShmSize is >= 0 or null ? host.ShmSize ?? 0 : throw SkeinException.Invalid("SHM size can not be less than 0"),
            OwnPaths = host.MaskedPaths is not null || host.ReadonlyPaths is not null,
            StopTimeout = json.StopTimeout,
            ConsoleHeight = host.ConsoleSize is [var height, _] ? height : 0,
            ConsoleWidth = host.ConsoleSize is [_, var width] ? width : 0,
        };
        if (wish.AutoRemove && wish.Restart is not null) throw SkeinException.Invalid("can't create 'AutoRemove' container with restart policy");
        NamespaceReader.Read(host, wish, shareable: version.CompareTo(s_privateIpcSince) < 0);
        PortsReader.Read(json.ExposedPorts, host.PortBindings, wish);
        EndpointsReader.Read(json, wish);
        LinkReader.Read(host.Links, wish);
        LimitsReader.Devices(host, wish);
        Refuse(host);
        wish.Binds.AddRange(host.Binds ?? []);
        wish.SecurityOpt.AddRange(host.SecurityOpt ?? []);
        wish.UsernsMode = host.UsernsMode ?? "";
        wish.Volumes.AddRange(json.Volumes?.Keys ?? []);
        wish.VolumesFrom.AddRange(host.VolumesFrom ?? []);
        wish.ExtraHosts.AddRange(host.ExtraHosts ?? []);
        wish.MaskedPaths.AddRange(host.MaskedPaths ?? []);
        wish.ReadonlyPaths.AddRange(host.ReadonlyPaths ?? []);
        foreach (var (target, options) in host.Tmpfs ?? new Dictionary<string, string>()) wish.Tmpfs[MountsReader.Target(target)] = options;
        foreach (var (key, value) in host.Annotations ?? new Dictionary<string, string>())
            wish.Annotations[key.Length > 0 ? key : throw SkeinException.Invalid("invalid Annotations: the empty string is not permitted as an annotation key")] = value;
        return wish;
    }

    /// <summary>What dockerd has on other systems, or with other storage.</summary>
    private static void Refuse(HostWishJson host)
    {
        if (host.Isolation is not (null or "" or "default")) throw SkeinException.Invalid($"invalid isolation ({host.Isolation}): linux only supports 'default'");
        if (host.IOMaximumBandwidth is > 0) throw SkeinException.Invalid("invalid option: QoS maximum bandwidth configuration is not supported on linux");
        if (host.IOMaximumIOps is > 0) throw SkeinException.Invalid("invalid option: QoS maximum IOPs configuration is not supported on linux");
        if (host.StorageOpt is { Count: > 0 }) throw SkeinException.Invalid("--storage-opt is not supported: containers' layers have no quota");
        if (host.Runtime is not (null or "" or "runc" or "io.containerd.runc.v2")) throw SkeinException.Invalid($"unknown or invalid runtime name: {host.Runtime}");
        if (host.UsernsMode is not (null or "" or "host")) throw SkeinException.Invalid($"invalid user namespace mode: {host.UsernsMode}");
        if (host.VolumeDriver is not (null or "" or "local")) throw SkeinException.NotFound(Skein.Model.Validation.VolumeOptions.NoDriver(host.VolumeDriver));
    }

    private static DnsConfig? ReadDns(HostWishJson host)
    {
        if ((host.Dns?.Count ?? 0) + (host.DnsSearch?.Count ?? 0) + (host.DnsOptions?.Count ?? 0) == 0) return null;
        // Each is to be one word of a line: a file is made of them.
        if ((host.Dns ?? []).FirstOrDefault(one => !IPAddress.TryParse(one, out _)) is { } address) throw SkeinException.Invalid($"ParseAddr(\"{address}\"): unable to parse IP");
        if ((host.DnsSearch ?? []).Concat(host.DnsOptions ?? []).FirstOrDefault(word => word.Any(letter => char.IsControl(letter))) is { } wrong) throw SkeinException.Invalid($"invalid DNS setting: \"{wrong}\"");
        var dns = new DnsConfig();
        dns.Nameservers.AddRange(host.Dns ?? []);
        dns.Search.AddRange(host.DnsSearch ?? []);
        dns.Options.AddRange(host.DnsOptions ?? []);
        return dns;
    }

    // Both come into files of lines, and the kernel has bounds for them.
    private static string ReadName(string kind, string? name)
    {
        name ??= "";
        return name.Length <= NameLimit && !name.Any(char.IsControl) ? name : throw SkeinException.Invalid($"invalid {kind}: at most {NameLimit} characters, and none of control");
    }

    private static string ReadFolder(string? folder) => folder is null or "" ? ""
        : folder[0] == '/' ? Path.GetFullPath(folder)
        : throw SkeinException.Invalid($"the working directory '{folder}' is invalid, it needs to be an absolute path");

    private static string ReadVariable(string entry) => entry.Length > 0 && entry[0] != '=' ? entry : throw SkeinException.Invalid($"invalid environment variable: {entry}");

    private static long ReadScore(int score) => score is >= -1000 and <= 1000
        ? score
        : throw SkeinException.Invalid(string.Create(CultureInfo.InvariantCulture, $"Invalid value {score}, range for oom score adj is [-1000, 1000]"));

    /// <summary>Docker's -1 waits for as long as it takes.</summary>
    private static long Nanoseconds(int seconds) => seconds < 0 ? long.MaxValue : seconds * 1_000_000_000L;
}
