using System.Text.Json.Serialization;
using Skein.Agent.Containers;
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

    public required HostConfigJson HostConfig { get; init; }
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
        string FinishedAt);

    internal sealed record LogConfigJson(string Type, IReadOnlyDictionary<string, string> Config);

    internal sealed record RestartPolicyJson(string Name, int MaximumRetryCount);

    internal sealed record HostConfigJson(
        string NetworkMode,
        LogConfigJson LogConfig,
        RestartPolicyJson RestartPolicy,
        bool AutoRemove,
        IReadOnlyList<string> CapAdd,
        IReadOnlyList<string> CapDrop,
        bool ReadonlyRootfs,
        long Memory,
        long NanoCpus,
        long PidsLimit,
        bool Privileged);

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
        IReadOnlyList<string> Cmd,
        string Image,
        string WorkingDir,
        IReadOnlyList<string>? Entrypoint,
        IReadOnlyDictionary<string, string> Labels,
        string? StopSignal);

    internal sealed record PortBindingJson(string HostIp, string HostPort);

    internal sealed record NetworkSettingsJson(
        string SandboxID,
        string SandboxKey,
        IReadOnlyDictionary<string, IReadOnlyList<PortBindingJson>> Ports,
        IReadOnlyDictionary<string, EndpointJson> Networks);

    public static ContainerInspectJson From(ContainerRecord container, ContainerNetwork? network, ImageRecord? image, VolumeFolders volumes)
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
            State = WriteState(container.State),
            Image = image?.Id ?? "",
            ResolvConfPath = definition.ResolvConfPath,
            HostnamePath = definition.HostnamePath,
            HostsPath = definition.HostsPath,
            Name = "/" + container.Name,
            HostConfig = WriteHostConfig(definition),
            Mounts = MountPointJson.Of(container, volumes),
            Config = WriteConfig(definition),
            NetworkSettings = new NetworkSettingsJson(
                container.Id, network?.NamespacePath ?? definition.NetworkNamespacePath, Ports(network), EndpointJson.From(network)),
        };
    }

    private static StateJson WriteState(ContainerState state) => new(
        ContainerWords.StatusName(state.Status),
        state.Status is ContainerStatus.Running or ContainerStatus.Paused,
        state.Status == ContainerStatus.Paused,
        Restarting: false,
        state.OomKilled,
        state.Status == ContainerStatus.Dead,
        state.Pid,
        state.ExitCode,
        state.Error,
        GoTime.Format(state.StartedAt),
        GoTime.Format(state.FinishedAt));

    private static HostConfigJson WriteHostConfig(ContainerDefinition definition) => new(
        "default",
        new LogConfigJson("json-file", definition.LogDriver?.Options ?? (IReadOnlyDictionary<string, string>)new Dictionary<string, string>()),
        new RestartPolicyJson("no", 0),
        AutoRemove: false,
        [.. definition.Spec.CapabilityAdd],
        [.. definition.Spec.CapabilityDrop],
        definition.Spec.ReadOnly,
        definition.Resources?.Limits?.MemoryBytes ?? 0,
        definition.Resources?.Limits?.NanoCpus ?? 0,
        definition.Resources?.Limits?.Pids ?? 0,
        Privileged: false);

    private static ConfigJson WriteConfig(ContainerDefinition definition) => new(
        definition.Hostname,
        "",
        definition.Spec.User,
        AttachStdin: false,
        AttachStdout: false,
        AttachStderr: false,
        definition.Spec.Tty,
        definition.Spec.OpenStdin,
        StdinOnce: false,
        [.. definition.Spec.Env],
        [.. definition.Spec.Args],
        definition.Spec.Image,
        definition.Spec.Dir,
        definition.Spec.Command.Count == 0 ? null : [.. definition.Spec.Command],
        definition.Labels,
        definition.Spec.StopSignal.Length == 0 ? null : definition.Spec.StopSignal);

    private static Dictionary<string, IReadOnlyList<PortBindingJson>> Ports(ContainerNetwork? network) =>
        (network?.HostPorts ?? [])
            .GroupBy(p => $"{p.TargetPort}/{ContainerSummaryJson.ProtocolName(p.Protocol)}")
            .ToDictionary(
                g => g.Key,
                g => (IReadOnlyList<PortBindingJson>)[.. g.Select(p => new PortBindingJson("0.0.0.0", p.PublishedPort.ToString()))]);
}
