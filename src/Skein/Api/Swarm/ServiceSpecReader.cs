using System.Text.Json;
using Google.Protobuf.Collections;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>From Docker's JSON to the store's spec; what Skein does not do yet is refused by name.</summary>
internal static class ServiceSpecReader
{
    public static ServiceSpec Read(ServiceSpecJson json)
    {
        var spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = json.Name ?? "" },
            Task = ReadTask(json.TaskTemplate ?? new TaskSpecJson()),
            Update = ReadUpdate(json.UpdateConfig),
            Rollback = ReadUpdate(json.RollbackConfig),
            Endpoint = ReadEndpoint(json.EndpointSpec),
        };
        Copy(spec.Annotations.Labels, json.Labels);
        if (spec.Task.Networks.Count == 0) spec.Task.Networks.AddRange((json.Networks ?? []).Select(ReadAttachment));
        ReadMode(json.Mode, spec);
        return spec;
    }

    private static void ReadMode(ServiceSpecJson.ModeJson? mode, ServiceSpec spec)
    {
        if (mode?.Others?.Keys.FirstOrDefault() is { } unknown) throw SkeinException.Invalid($"unknown service mode \"{unknown}\"");
        object?[] given = [mode?.Replicated, mode?.Global, mode?.ReplicatedJob, mode?.GlobalJob];
        if (given.Count(m => m is not null) > 1) throw SkeinException.Invalid("must specify only one service mode");
        if (mode?.Global is not null) spec.Global = new GlobalService();
        else if (mode?.GlobalJob is not null) spec.GlobalJob = new GlobalJob();
        else if (mode?.ReplicatedJob is { } job)
            spec.ReplicatedJob = new ReplicatedJob { MaxConcurrent = job.MaxConcurrent ?? 1, TotalCompletions = job.TotalCompletions ?? job.MaxConcurrent ?? 1 };
        else spec.Replicated = new ReplicatedService { Replicas = mode?.Replicated?.Replicas ?? 1 };
    }

    private static TaskSpec ReadTask(TaskSpecJson json)
    {
        if (json.PluginSpec is { ValueKind: JsonValueKind.Object } || json.Runtime == "plugin") throw NotYet("services of the plugin runtime");
        if (json.Runtime is not (null or "" or "container" or "attachment")) throw SkeinException.Invalid("unsupported runtime");
        if (json.NetworkAttachmentSpec is { ValueKind: JsonValueKind.Object }) throw SkeinException.Invalid("invalid task spec: spec type \"attachment\" not supported");
        var spec = new TaskSpec
        {
            Container = ReadContainer(json.ContainerSpec ?? throw SkeinException.Invalid("mismatched Runtime and *Spec fields")),
            Resources = ReadResources(json.Resources),
            Restart = ReadRestart(json.RestartPolicy),
            Placement = ReadPlacement(json.Placement),
            LogDriver = json.LogDriver?.ToModel(),
            ForceUpdate = json.ForceUpdate ?? 0,
            Runtime = Unless(json.Runtime, "container"),
        };
        spec.Networks.AddRange((json.Networks ?? []).Select(ReadAttachment));
        return spec;
    }

    private static ContainerSpec ReadContainer(ContainerSpecJson json)
    {
        var spec = new ContainerSpec
        {
            Image = json.Image ?? "",
            Hostname = json.Hostname ?? "",
            Dir = json.Dir ?? "",
            User = json.User ?? "",
            Tty = json.TTY ?? false,
            OpenStdin = json.OpenStdin ?? false,
            ReadOnly = json.ReadOnly ?? false,
            StopSignal = json.StopSignal ?? "",
            StopGracePeriod = json.StopGracePeriod,
            Healthcheck = ReadHealth(json.Healthcheck),
            DnsConfig = ReadDns(json.DNSConfig),
            Init = json.Init,
            OomScoreAdj = json.OomScoreAdj ?? 0,
            Privileges = json.Privileges?.ToModel(),
            Isolation = ReadIsolation(json.Isolation),
        };
        Copy(spec.Labels, json.Labels);
        Copy(spec.Sysctls, json.Sysctls);
        spec.Command.AddRange(json.Command ?? []);
        spec.Args.AddRange(json.Args ?? []);
        spec.Env.AddRange(json.Env ?? []);
        spec.Groups.AddRange(json.Groups ?? []);
        spec.Hosts.AddRange(json.Hosts ?? []);
        spec.CapabilityAdd.AddRange(json.CapabilityAdd ?? []);
        spec.CapabilityDrop.AddRange(json.CapabilityDrop ?? []);
        spec.Secrets.AddRange((json.Secrets ?? []).Select(s => ReadReference("secret", s.SecretID, s.SecretName, s.File)));
        spec.Configs.AddRange((json.Configs ?? []).Select(ReadConfig));
        spec.Mounts.AddRange((json.Mounts ?? []).Select(MountReader.Read));
        spec.Ulimits.AddRange((json.Ulimits ?? []).Select(u => new Ulimit { Name = u.Name ?? "", Soft = u.Soft, Hard = u.Hard }));
        return spec;
    }

    private static DependencyReference ReadConfig(ContainerSpecJson.ConfigJson json)
    {
        if (json.Runtime is { ValueKind: JsonValueKind.Object })
            throw json.File is null ? PrivilegesJson.NoCredentialSpecs() : SkeinException.Invalid("invalid Config: cannot specify both File and Runtime");
        if (json.File is null) throw SkeinException.Invalid("invalid Config: either File or Runtime should be set");
        return ReadReference("config", json.ConfigID, json.ConfigName, json.File);
    }

    private static DependencyReference ReadReference(string kind, string? id, string? name, ContainerSpecJson.FileTargetJson? file) => file is null
        ? throw RpcError.InvalidArgument($"malformed {kind} reference, no target provided")
        : new() { Id = id ?? "", Name = name ?? "", Target = file.Name ?? "", Uid = file.UID ?? "", Gid = file.GID ?? "", Mode = file.Mode ?? 0 };

    private static string ReadIsolation(string? isolation) => Unless(isolation, "default") is { Length: > 0 } other
        ? throw SkeinException.Invalid($"invalid isolation ({other}): linux only supports 'default'")
        : "";

    internal static HealthConfig? ReadHealth(ContainerSpecJson.HealthJson? json)
    {
        if (json is null) return null;
        var health = new HealthConfig
        {
            Interval = json.Interval ?? 0,
            Timeout = json.Timeout ?? 0,
            Retries = json.Retries ?? 0,
            StartPeriod = json.StartPeriod ?? 0,
            StartInterval = json.StartInterval ?? 0,
        };
        health.Test.AddRange(json.Test ?? []);
        return health;
    }

    private static DnsConfig? ReadDns(ContainerSpecJson.DnsJson? json)
    {
        if (json is null) return null;
        var dns = new DnsConfig();
        dns.Nameservers.AddRange(json.Nameservers ?? []);
        dns.Search.AddRange(json.Search ?? []);
        dns.Options.AddRange(json.Options ?? []);
        return dns;
    }

    private static ResourceRequirements? ReadResources(TaskSpecJson.ResourcesJson? json) =>
        json is null ? null : new ResourceRequirements
        {
            Limits = ReadLimits(json.Limits),
            Reservations = ReadReservations(json.Reservations),
            SwapBytes = json.SwapBytes,
            MemorySwappiness = json.MemorySwappiness,
        };

    private static Resources? ReadLimits(TaskSpecJson.LimitsJson? json) =>
        json is null ? null : new Resources { NanoCpus = json.NanoCPUs ?? 0, MemoryBytes = json.MemoryBytes ?? 0, Pids = json.Pids ?? 0 };

    private static Resources? ReadReservations(TaskSpecJson.ReservationsJson? json)
    {
        if (json is null) return null;
        var reserved = new Resources { NanoCpus = json.NanoCPUs ?? 0, MemoryBytes = json.MemoryBytes ?? 0 };
        reserved.Generic.Add((json.GenericResources ?? []).Select(resource => resource.ToModel()));
        return reserved;
    }

    private static RestartPolicy? ReadRestart(TaskSpecJson.RestartPolicyJson? json) => json is null ? null : new RestartPolicy
    {
        Condition = json.Condition switch
        {
            null or "" or "any" => RestartCondition.Any,
            "on-failure" => RestartCondition.OnFailure,
            "none" => RestartCondition.None,
            _ => throw SkeinException.Invalid($"invalid RestartCondition: \"{json.Condition}\""),
        },
        Delay = json.Delay,
        MaxAttempts = json.MaxAttempts,
        Window = json.Window,
    };

    private static Placement? ReadPlacement(TaskSpecJson.PlacementJson? json)
    {
        if (json is null) return null;
        var placement = new Placement { MaxReplicas = json.MaxReplicas ?? 0 };
        placement.Constraints.AddRange(json.Constraints ?? []);
        placement.Preferences.AddRange((json.Preferences ?? []).Select(p => new PlacementPreference { Spread = p.Spread?.SpreadDescriptor ?? "" }));
        placement.Platforms.AddRange((json.Platforms ?? []).Select(p => new Platform { Architecture = p.Architecture ?? "", Os = p.OS ?? "" }));
        return placement;
    }

    private static UpdateConfig? ReadUpdate(ServiceSpecJson.UpdateConfigJson? json) => json is null ? null : new UpdateConfig
    {
        Parallelism = json.Parallelism,
        Delay = json.Delay ?? 0,
        FailureAction = json.FailureAction is null or "" ? "pause" : json.FailureAction,
        Monitor = json.Monitor,
        MaxFailureRatio = json.MaxFailureRatio,
        Order = json.Order is null or "" ? "stop-first" : json.Order,
    };

    private static EndpointSpec? ReadEndpoint(ServiceSpecJson.EndpointSpecJson? json)
    {
        if (json is null) return null;
        var spec = new EndpointSpec
        {
            Mode = json.Mode switch
            {
                null or "" or "vip" => EndpointMode.Vip,
                "dnsrr" => EndpointMode.Dnsrr,
                _ => throw SkeinException.Invalid($"invalid EndpointSpec.Mode: \"{json.Mode}\""),
            },
        };
        spec.Ports.AddRange((json.Ports ?? []).Select(ReadPort));
        return spec;
    }

    private static PortConfig ReadPort(ServiceSpecJson.PortJson json) => new()
    {
        Name = json.Name ?? "",
        Protocol = json.Protocol switch
        {
            null or "" or "tcp" => PortProtocol.Tcp,
            "udp" => PortProtocol.Udp,
            "sctp" => PortProtocol.Sctp,
            _ => throw SkeinException.Invalid($"invalid protocol: \"{json.Protocol}\""),
        },
        TargetPort = json.TargetPort ?? 0,
        PublishedPort = json.PublishedPort ?? 0,
        PublishMode = json.PublishMode switch
        {
            null or "" or "ingress" => PublishMode.Ingress,
            "host" => PublishMode.Host,
            _ => throw SkeinException.Invalid($"invalid publish mode: \"{json.PublishMode}\""),
        },
    };

    private static NetworkAttachmentConfig ReadAttachment(ServiceSpecJson.AttachmentJson json)
    {
        if (json.DriverOpts is { Count: > 0 } options)
            throw SkeinException.NotImplemented($"the driver option \"{options.Keys.First()}\" of a service's network is not supported");
        var attachment = new NetworkAttachmentConfig { Target = json.Target ?? "" };
        attachment.Aliases.AddRange(json.Aliases ?? []);
        return attachment;
    }

    private static void Copy(MapField<string, string> to, IReadOnlyDictionary<string, string>? from)
    {
        foreach (var (key, value) in from ?? new Dictionary<string, string>()) to[key] = value;
    }

    /// <summary>A default that is shown and comes back with the next update must not count as a change: tasks would restart for it.</summary>
    private static string Unless(string? text, string defaultWord) => text is null || text == defaultWord ? "" : text;

    private static SkeinException NotYet(string what) => SkeinException.NotImplemented($"{what} are not supported yet");
}
