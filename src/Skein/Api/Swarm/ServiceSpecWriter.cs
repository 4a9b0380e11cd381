using Google.Protobuf.Collections;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>From the store's spec to Docker's JSON. Empty lists and zeros are left out where Docker leaves them out.</summary>
internal static class ServiceSpecWriter
{
    public static ServiceSpecJson Write(ServiceSpec spec) => new()
    {
        Name = spec.Annotations.Name,
        Labels = spec.Annotations.Labels.ToDictionary(),
        TaskTemplate = WriteTask(spec.Task),
        Mode = WriteMode(spec),
        UpdateConfig = WriteUpdate(spec.Update),
        RollbackConfig = WriteUpdate(spec.Rollback),
        EndpointSpec = spec.Endpoint is { } endpoint ? WriteEndpoint(endpoint) : null,
    };

    public static TaskSpecJson WriteTask(TaskSpec spec) => new()
    {
        ContainerSpec = WriteContainer(spec.Container ?? new ContainerSpec()),
        Resources = spec.Resources is { } resources
            ? new TaskSpecJson.ResourcesJson
            {
                Limits = WriteLimits(resources.Limits),
                Reservations = WriteReservations(resources.Reservations),
                SwapBytes = resources.SwapBytes,
                MemorySwappiness = resources.MemorySwappiness,
            }
            : null,
        RestartPolicy = WriteRestart(spec.Restart),
        Placement = spec.Placement is { } placement ? WritePlacement(placement) : null,
        Networks = spec.Networks.Count == 0 ? null : [.. spec.Networks.Select(WriteAttachment)],
        LogDriver = TaskSpecJson.LogDriverJson.From(spec.LogDriver),
        ForceUpdate = spec.ForceUpdate,
        Runtime = spec.Runtime.Length == 0 ? "container" : spec.Runtime,
    };

    private static ServiceSpecJson.ModeJson WriteMode(ServiceSpec spec) => spec.ModeCase switch
    {
        ServiceSpec.ModeOneofCase.Global => new() { Global = new() },
        ServiceSpec.ModeOneofCase.GlobalJob => new() { GlobalJob = new() },
        ServiceSpec.ModeOneofCase.ReplicatedJob => new() { ReplicatedJob = new(spec.ReplicatedJob.MaxConcurrent, spec.ReplicatedJob.TotalCompletions) },
        _ => new() { Replicated = new(spec.Replicated?.Replicas ?? 0) },
    };

    /// <summary>As users write it.</summary>
    public static string ModeName(ServiceSpec spec) => spec.ModeCase switch
    {
        ServiceSpec.ModeOneofCase.Global => "global",
        ServiceSpec.ModeOneofCase.GlobalJob => "global-job",
        ServiceSpec.ModeOneofCase.ReplicatedJob => "replicated-job",
        _ => "replicated",
    };

    private static ContainerSpecJson WriteContainer(ContainerSpec spec) => new()
    {
        Image = spec.Image,
        Labels = NullIfEmpty(spec.Labels),
        Command = NullIfEmpty(spec.Command),
        Args = NullIfEmpty(spec.Args),
        Hostname = NullIfEmpty(spec.Hostname),
        Env = NullIfEmpty(spec.Env),
        Dir = NullIfEmpty(spec.Dir),
        User = NullIfEmpty(spec.User),
        Groups = NullIfEmpty(spec.Groups),
        TTY = spec.Tty ? true : null,
        OpenStdin = spec.OpenStdin ? true : null,
        ReadOnly = spec.ReadOnly ? true : null,
        Mounts = spec.Mounts.Count == 0 ? null : [.. spec.Mounts.Select(MountWriter.Write)],
        StopSignal = NullIfEmpty(spec.StopSignal),
        StopGracePeriod = spec.StopGracePeriod,
        Healthcheck = spec.Healthcheck is { } health ? WriteHealth(health) : null,
        Hosts = NullIfEmpty(spec.Hosts),
        DNSConfig = spec.DnsConfig is { } dns
            ? new ContainerSpecJson.DnsJson { Nameservers = NullIfEmpty(dns.Nameservers), Search = NullIfEmpty(dns.Search), Options = NullIfEmpty(dns.Options) }
            : null,
        Secrets = spec.Secrets.Count == 0 ? null : [.. spec.Secrets.Select(r => new ContainerSpecJson.SecretJson { File = WriteTarget(r), SecretID = r.Id, SecretName = r.Name })],
        Configs = spec.Configs.Count == 0 ? null : [.. spec.Configs.Select(r => new ContainerSpecJson.ConfigJson { File = WriteTarget(r), ConfigID = r.Id, ConfigName = r.Name })],
        Isolation = spec.Isolation.Length == 0 ? "default" : spec.Isolation,
        Init = spec.Init,
        Sysctls = NullIfEmpty(spec.Sysctls),
        CapabilityAdd = NullIfEmpty(spec.CapabilityAdd),
        CapabilityDrop = NullIfEmpty(spec.CapabilityDrop),
        Ulimits = spec.Ulimits.Count == 0 ? null : [.. spec.Ulimits.Select(u => new ContainerSpecJson.UlimitJson { Name = u.Name, Soft = u.Soft, Hard = u.Hard })],
        OomScoreAdj = NullIfZero(spec.OomScoreAdj),
        Privileges = spec.Privileges is { } privileges ? PrivilegesJson.From(privileges) : null,
    };

    private static ContainerSpecJson.FileTargetJson WriteTarget(DependencyReference reference) => new()
    {
        Name = reference.Target,
        UID = reference.Uid,
        GID = reference.Gid,
        Mode = reference.Mode,
    };

    private static ContainerSpecJson.HealthJson WriteHealth(HealthConfig health) => new()
    {
        Test = NullIfEmpty(health.Test),
        Interval = NullIfZero(health.Interval),
        Timeout = NullIfZero(health.Timeout),
        StartPeriod = NullIfZero(health.StartPeriod),
        StartInterval = NullIfZero(health.StartInterval),
        Retries = health.Retries == 0 ? null : health.Retries,
    };

    private static TaskSpecJson.LimitsJson? WriteLimits(Resources? limits) => limits is null ? null : new TaskSpecJson.LimitsJson
    {
        NanoCPUs = NullIfZero(limits.NanoCpus),
        MemoryBytes = NullIfZero(limits.MemoryBytes),
        Pids = NullIfZero(limits.Pids),
    };

    private static TaskSpecJson.ReservationsJson? WriteReservations(Resources? reserved) => reserved is null ? null : new TaskSpecJson.ReservationsJson
    {
        NanoCPUs = NullIfZero(reserved.NanoCpus),
        MemoryBytes = NullIfZero(reserved.MemoryBytes),
        GenericResources = GenericResourceJson.Of(reserved.Generic),
    };

    private static TaskSpecJson.RestartPolicyJson? WriteRestart(RestartPolicy? policy) => policy is null ? null : new TaskSpecJson.RestartPolicyJson
    {
        Condition = policy.Condition switch
        {
            RestartCondition.Any => "any",
            RestartCondition.OnFailure => "on-failure",
            RestartCondition.None => "none",
            _ => throw new ArgumentOutOfRangeException(nameof(policy), policy.Condition, "unknown restart condition"),
        },
        Delay = policy.Delay,
        MaxAttempts = policy.MaxAttempts ?? 0,
        Window = policy.Window,
    };

    private static TaskSpecJson.PlacementJson WritePlacement(Placement placement) => new()
    {
        Constraints = NullIfEmpty(placement.Constraints),
        Preferences = placement.Preferences.Count == 0
            ? null
            : [.. placement.Preferences.Select(p => new TaskSpecJson.PreferenceJson(new TaskSpecJson.SpreadJson(p.Spread)))],
        MaxReplicas = placement.MaxReplicas == 0 ? null : placement.MaxReplicas,
        Platforms = placement.Platforms.Count == 0
            ? null
            : [.. placement.Platforms.Select(p => new TaskSpecJson.PlatformJson { Architecture = p.Architecture, OS = p.Os })],
    };

    private static ServiceSpecJson.UpdateConfigJson? WriteUpdate(UpdateConfig? update) => update is null ? null : new ServiceSpecJson.UpdateConfigJson
    {
        Parallelism = update.Parallelism,
        Delay = NullIfZero(update.Delay),
        FailureAction = update.FailureAction,
        Monitor = update.Monitor,
        MaxFailureRatio = update.MaxFailureRatio,
        Order = update.Order,
    };

    public static ServiceSpecJson.EndpointSpecJson WriteEndpoint(EndpointSpec spec) => new()
    {
        Mode = spec.Mode == EndpointMode.Dnsrr ? "dnsrr" : "vip",
        Ports = spec.Ports.Count == 0 ? null : [.. spec.Ports.Select(WritePort)],
    };

    public static ServiceSpecJson.PortJson WritePort(PortConfig port) => new()
    {
        Name = NullIfEmpty(port.Name),
        Protocol = port.Protocol.ToString().ToLowerInvariant(),
        TargetPort = port.TargetPort,
        PublishedPort = port.PublishedPort == 0 ? null : port.PublishedPort,
        PublishMode = port.PublishMode == PublishMode.Host ? "host" : "ingress",
    };

    private static ServiceSpecJson.AttachmentJson WriteAttachment(NetworkAttachmentConfig attachment) => new()
    {
        Target = attachment.Target,
        Aliases = NullIfEmpty(attachment.Aliases),
        DriverOpts = NullIfEmpty(attachment.DriverOptions),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static long? NullIfZero(long value) => value == 0 ? null : value;

    private static RepeatedField<string>? NullIfEmpty(RepeatedField<string> list) => list.Count == 0 ? null : list;

    private static Dictionary<string, string>? NullIfEmpty(MapField<string, string> map) => map.Count == 0 ? null : map.ToDictionary();
}
