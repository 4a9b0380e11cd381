using System.Text.Json.Serialization;
using Skein.Agent.Bridges;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Volumes;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Api.Containers;

/// <summary>GET /containers/ID/json</summary>
internal sealed record ContainerInspectJson
{
    public required string Id { get; init; }
    public required string Created { get; init; }
    public required string Path { get; init; }
    public required IReadOnlyList<string> Args { get; init; }
    public required StateJson State { get; init; }
    public required string Image { get; init; }
    public string ResolvConfPath { get; init; } = "";
    public string HostnamePath { get; init; } = "";
    public string HostsPath { get; init; } = "";

    /// <summary>Docker's is one file of JSON lines; the log here is several, in another form, and no client's to read.</summary>
    public string LogPath { get; init; } = "";

    public required string Name { get; init; }
    public int RestartCount { get; init; }
    public string Driver { get; init; } = "overlayfs";
    public string Platform { get; init; } = "linux";
    public string MountLabel { get; init; } = "";
    public string ProcessLabel { get; init; } = "";
    public string AppArmorProfile { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? ExecIDs { get; init; }

    public long? SizeRw { get; init; }
    public long? SizeRootFs { get; init; }
    public required HostConfigJson HostConfig { get; init; }
    public GraphDriverJson GraphDriver { get; init; } = new("overlayfs");
    public IReadOnlyList<MountPointJson> Mounts { get; init; } = [];
    public required ConfigJson Config { get; init; }
    public required NetworkSettingsJson NetworkSettings { get; init; }

    internal sealed record StateJson(
        string Status,
        bool Running,
        bool Paused,
        bool Restarting,
        bool OOMKilled,
        bool Dead,
        uint Pid,
        int ExitCode,
        string Error,
        string StartedAt,
        string FinishedAt,
        HealthJson? Health);

    internal sealed record HealthJson(string Status, int FailingStreak, IReadOnlyList<HealthProbeJson> Log);

    internal sealed record HealthProbeJson(string Start, string End, int ExitCode, string Output);

    internal sealed record HealthcheckJson(IReadOnlyList<string> Test, long? Interval, long? Timeout, long? StartPeriod, long? StartInterval, int? Retries);

    internal sealed record ConfigJson(
        string Hostname,
        string Domainname,
        string User,
        bool AttachStdin,
        bool AttachStdout,
        bool AttachStderr,
        bool Tty,
        bool OpenStdin,
        bool StdinOnce,
        IReadOnlyList<string> Env,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<string>? Cmd,
        string Image,
        string WorkingDir,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<string>? Entrypoint,
        IReadOnlyDictionary<string, string> Labels,
        string? StopSignal,
        HealthcheckJson? Healthcheck,
        IReadOnlyDictionary<string, EmptyJson>? ExposedPorts,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyDictionary<string, EmptyJson>? Volumes)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<string>? OnBuild { get; init; }

        /// <summary>Seconds between the stop signal and SIGKILL, where the user said how many.</summary>
        public long? StopTimeout { get; init; }
    }

    internal sealed record EmptyJson;

    /// <summary>The addresses on top are those on Docker's own bridge, which no task is on: they are in Networks.</summary>
    internal sealed record NetworkSettingsJson(
        string SandboxID,
        string SandboxKey,
        IReadOnlyDictionary<string, IReadOnlyList<HostConfigJson.PortBindingJson>?> Ports,
        IReadOnlyDictionary<string, EndpointJson> Networks)
    {
        public string Bridge { get; init; } = "";
        public bool HairpinMode { get; init; }
        public string LinkLocalIPv6Address { get; init; } = "";
        public int LinkLocalIPv6PrefixLen { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<string>? SecondaryIPAddresses { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<string>? SecondaryIPv6Addresses { get; init; }

        public string EndpointID { get; init; } = "";
        public string Gateway { get; init; } = "";
        public string GlobalIPv6Address { get; init; } = "";
        public int GlobalIPv6PrefixLen { get; init; }
        public string IPAddress { get; init; } = "";
        public int IPPrefixLen { get; init; }
        public string IPv6Gateway { get; init; } = "";
        public string MacAddress { get; init; } = "";

        /// <summary>The leg on the default bridge is shown here as well, from when it was the only one.</summary>
        public NetworkSettingsJson WithDefaultBridge() => Networks.GetValueOrDefault(LocalNetworks.DefaultName) is not { } leg ? this : this with
        {
            EndpointID = leg.EndpointID,
            Gateway = leg.Gateway,
            GlobalIPv6Address = leg.GlobalIPv6Address,
            GlobalIPv6PrefixLen = leg.GlobalIPv6PrefixLen,
            IPAddress = leg.IPAddress,
            IPPrefixLen = leg.IPPrefixLen,
            IPv6Gateway = leg.IPv6Gateway,
            MacAddress = leg.MacAddress,
        };
    }

    internal sealed record GraphDriverJson(string Name)
    {
        /// <summary>Folders of the layers, which containerd's snapshotters keep to themselves.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyDictionary<string, string>? Data { get; init; }
    }

    public static ContainerInspectJson From(ContainerRecord container, ContainerNetwork? network, ImageRecord? image, VolumeFolders volumes, HostCgroups cgroups)
    {
        var definition = container.Definition;
        var spec = definition.Spec;
        var command = ContainerWords.CommandLine(spec, image);
        return new ContainerInspectJson
        {
            Id = container.Id,
            Created = GoTime.Format(container.Created),
            Path = command is [var program, ..] ? program : "",
            Args = [.. command.Skip(1)],
            State = WriteState(container.State, container.Health),
            Image = image?.Id ?? container.ImageId,
            ResolvConfPath = definition.ResolvConfPath,
            HostnamePath = definition.HostnamePath,
            HostsPath = definition.HostsPath,
            Name = "/" + container.Name,
            RestartCount = container.RestartCount,
            AppArmorProfile = container.Definition.Spec.Privileges?.AppArmor?.Mode == AppArmorMode.Disabled ? "unconfined" : container.AppArmorProfile,
            HostConfig = HostConfigJson.From(definition, network, image, cgroups),
            Mounts = MountPointJson.Of(container, volumes),
            Config = ConfigOf(definition, network, image),
            NetworkSettings = new NetworkSettingsJson(
                network is null ? "" : container.Id, network?.NamespacePath ?? "", Ports(container, network, image), EndpointJson.From(container, network)).WithDefaultBridge(),
        };
    }

    private static StateJson WriteState(ContainerState state, ContainerHealth? health) => new(
        ContainerWords.StatusName(state.Status),
        state.Status is ContainerStatus.Running or ContainerStatus.Paused or ContainerStatus.Restarting,
        state.Status == ContainerStatus.Paused,
        Restarting: state.Status == ContainerStatus.Restarting,
        state.OomKilled,
        state.Status == ContainerStatus.Dead,
        state.Pid,
        state.ExitCode,
        state.Error,
        GoTime.Format(state.StartedAt),
        GoTime.Format(state.FinishedAt),
        health is null ? null : new HealthJson(
            ContainerWords.HealthName(health),
            health.FailingStreak,
            [.. health.Log.Select(p => new HealthProbeJson(GoTime.Format(p.Start), GoTime.Format(p.End), p.ExitCode, p.Output))]));

    /// <summary>The service's values over the image's, as the container was made from them.</summary>
    public static ConfigJson ConfigOf(ContainerDefinition definition, ContainerNetwork? network, ImageRecord? image)
    {
        var (spec, config) = (definition.Spec, image?.Config);
        IReadOnlyList<string> entrypoint = spec.Command.Count > 0 ? [.. spec.Command] : config?.Entrypoint ?? [];
        var wish = definition.Standalone;
        IReadOnlyList<string>? command = spec.Args.Count > 0 ? [.. spec.Args] : spec.Command.Count > 0 ? null : config?.Cmd;
        var labels = new Dictionary<string, string>(config?.Labels ?? new Dictionary<string, string>());
        foreach (var (name, value) in definition.Labels) labels[name] = value;
        return new ConfigJson(
            definition.Hostname,
            wish?.Domainname ?? "",
            spec.User.Length > 0 ? spec.User : config?.User ?? "",
            wish?.AttachStdin ?? false,
            wish?.AttachStdout ?? false,
            wish?.AttachStderr ?? false,
            spec.Tty,
            spec.OpenStdin,
            wish?.StdinOnce ?? false,
            ContainerWords.Environment(spec, image),
            wish?.NoEntrypoint == true ? entrypoint : command,
            spec.Image,
            spec.Dir.Length > 0 ? spec.Dir : config?.WorkingDir ?? "",
            entrypoint.Count == 0 || wish?.NoEntrypoint == true ? null : entrypoint,
            labels,
            spec.StopSignal.Length > 0 ? spec.StopSignal : config?.StopSignal is { Length: > 0 } signal ? signal : null,
            Healthcheck(spec.Healthcheck is { Test.Count: > 0 } ? spec.Healthcheck : config?.Healthcheck),
            Set([.. Exposed(network, image).Union(wish?.ExposedPorts ?? Enumerable.Empty<string>())]),
            Set([.. (config?.Volumes ?? []).Union(wish?.Volumes ?? Enumerable.Empty<string>())]))
        {
            StopTimeout = wish?.StopTimeout,
        };
    }

    /// <summary>What is published on the host is exposed by that; clients look here for a service's ports.</summary>
    private static IReadOnlyList<string> Exposed(ContainerNetwork? network, ImageRecord? image) =>
    [
        .. (image?.Config.ExposedPorts ?? [])
            .Union((network?.HostPorts ?? []).Select(port => $"{port.TargetPort}/{ContainerSummaryJson.ProtocolName(port.Protocol)}"), StringComparer.Ordinal)
    ];

    private static HealthcheckJson? Healthcheck(HealthConfig? health) => health is null or { Test.Count: 0 }
        ? null
        : new HealthcheckJson([.. health.Test], Given(health.Interval), Given(health.Timeout), Given(health.StartPeriod), Given(health.StartInterval), (int?)Given(health.Retries));

    private static long? Given(long value) => value == 0 ? null : value;

    private static Dictionary<string, EmptyJson>? Set(IReadOnlyList<string>? names) =>
        names is null or [] ? null : names.ToDictionary(name => name, _ => new EmptyJson());

    /// <summary>A port that is exposed and not published here has null in place of its bindings.</summary>
    private static Dictionary<string, IReadOnlyList<HostConfigJson.PortBindingJson>?> Ports(ContainerRecord container, ContainerNetwork? network, ImageRecord? image) =>
        ContainerSummaryJson.PortsOf(container, network, image)
            .GroupBy(p => $"{p.PrivatePort}/{p.Type}")
            .ToDictionary(
                g => g.Key,
                g => g.All(p => p.PublicPort is null)
                    ? null
                    : (IReadOnlyList<HostConfigJson.PortBindingJson>?)[.. g.Where(p => p.PublicPort is not null).Select(p => new HostConfigJson.PortBindingJson(p.IP ?? "", $"{p.PublicPort}"))]);
}
