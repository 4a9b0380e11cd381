using Skein.Model.Specs;

namespace Skein.Model.Validation;

/// <summary>What can be said of a service's spec without looking at other objects, in swarmkit's order and words.</summary>
public static class ServiceSpecValidation
{
    private const long SmallestCpu = 1_000_000;
    private const long SmallestMemory = 4 * 1024 * 1024;
    private const long ShortestHealthDuration = 1_000_000;
    private const uint HighestPort = 65535;

    public static void Check(ServiceSpec spec)
    {
        AnnotationsValidation.Check(spec.Annotations);
        CheckDrainTimeout(spec.Annotations);
        CheckRebalance(spec.Annotations);
        ServiceGrants.Parse(ServiceGrants.LabelsOf(spec.Annotations.Labels, spec.Task?.Container?.Labels));
        CheckTask(spec.Task, spec.Annotations);
        CheckMode(spec);
        CheckUpdate(spec.Update);
        CheckUpdate(spec.Rollback);
        CheckEndpoint(spec.Endpoint);
    }

    private static void CheckDrainTimeout(Annotations annotations)
    {
        if (annotations.Labels.TryGetValue(DrainTimeout.Label, out var text) && !DrainTimeout.TryParse(text, out _))
            throw RpcError.InvalidArgument($"label {DrainTimeout.Label}={text}: must be a duration from 0s to {DrainTimeout.Longest.TotalMinutes:F0}m, such as 10s");
    }

    private static void CheckRebalance(Annotations annotations)
    {
        if (annotations.Labels.TryGetValue(Rebalance.Label, out var text) && !Rebalance.TryParse(text, out _))
        {
            throw RpcError.InvalidArgument(
                $"label {Rebalance.Label}={text}: must be on, off, or the pause between two moves, from {Rebalance.ShortestPause.TotalSeconds:F0}s to {Rebalance.LongestPause.TotalHours:F0}h");
        }
    }

    private static void CheckTask(TaskSpec? task, Annotations service)
    {
        if (task is null) throw RpcError.InvalidArgument("TaskSpec: missing runtime");
        CheckResources(task.Resources?.Limits);
        CheckResources(task.Resources?.Reservations);
        CheckSwap(task.Resources);
        CheckRestart(task.Restart);
        foreach (var constraint in task.Placement?.Constraints ?? []) PlacementConstraint.Parse(constraint);
        DependencyValidation.CheckReferences("secret", task.Container?.Secrets ?? []);
        DependencyValidation.CheckReferences("config", task.Container?.Configs ?? []);
        if (task.Runtime is not ("" or "container")) throw RpcError.Unimplemented("RuntimeSpec: unimplemented runtime in service spec");
        if (task.Container is null) throw RpcError.InvalidArgument("TaskSpec: missing runtime");
        CheckContainer(TemplateValidation.Check(task.Container, service));
    }

    private static void CheckResources(Resources? resources)
    {
        if (resources is null) return;
        if (resources.NanoCpus != 0 && resources.NanoCpus < SmallestCpu)
            throw RpcError.InvalidArgument($"invalid cpu value {GoNumbers.Shortest(resources.NanoCpus / 1e9)}: Must be at least 0.001");
        if (resources.MemoryBytes != 0 && resources.MemoryBytes < SmallestMemory)
            throw RpcError.InvalidArgument($"invalid memory value {resources.MemoryBytes}: Must be at least 4MiB");
        // By their names nodes alone have them.
        if (resources.Generic.FirstOrDefault(resource => resource.Name.Length > 0 || resource.Kind.Length == 0 || resource.Count < 0) is { } generic)
            throw RpcError.InvalidArgument($"invalid argument for resource {generic.Kind}");
    }

    // Docker's tasks with a swap below -1 have the default's, those with another swappiness are rejected.
    private static void CheckSwap(ResourceRequirements? resources)
    {
        if (resources?.SwapBytes is not null && resources.Limits is not { MemoryBytes: > 0 })
            throw SkeinException.Invalid("memory swap provided, but no memory-limit was set");
        if (resources?.SwapBytes < -1) throw SkeinException.Invalid($"invalid memory swap {resources.SwapBytes}: must be -1 or more");
        if (resources?.MemorySwappiness is < 0 or > 100)
            throw SkeinException.Invalid($"Invalid value: {resources.MemorySwappiness}, valid memory swappiness range is 0-100");
    }

    private static void CheckRestart(RestartPolicy? restart)
    {
        if (restart?.Delay < 0) throw RpcError.InvalidArgument("TaskSpec: restart-delay cannot be negative");
        if (restart?.Window < 0) throw RpcError.InvalidArgument("TaskSpec: restart-window cannot be negative");
    }

    private static void CheckContainer(ContainerSpec container)
    {
        if (container.Image.Length == 0) throw RpcError.InvalidArgument("ContainerSpec: image reference must be provided");
        if (!ImageReferenceValidation.IsValid(container.Image))
            throw RpcError.InvalidArgument($"ContainerSpec: \"{container.Image}\" is not a valid repository/tag");
        CheckMounts(container.Mounts);
        CheckHealth(container.Healthcheck);
        ConfinementValidation.Check(container);
        if (container.DnsConfig?.Nameservers.FirstOrDefault(server => !System.Net.IPAddress.TryParse(server, out _)) is { } nameserver)
            throw RpcError.InvalidArgument($"ContainerSpec: {nameserver} is not an ip address");
        if (container.Sysctls.Keys.Select(SysctlName.Refusal).FirstOrDefault(refusal => refusal is not null) is { } sysctl)
            throw RpcError.InvalidArgument("ContainerSpec: " + sysctl);
    }

    private static void CheckMounts(IEnumerable<Mount> mounts)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var mount in mounts)
        {
            if (!targets.Add(mount.Target)) throw RpcError.InvalidArgument($"ContainerSpec: duplicate mount point: {mount.Target}");
        }
    }

    private static void CheckHealth(HealthConfig? health)
    {
        if (health is null) return;
        CheckHealthDuration("Interval", health.Interval);
        CheckHealthDuration("Timeout", health.Timeout);
        CheckHealthDuration("StartPeriod", health.StartPeriod);
        CheckHealthDuration("StartInterval", health.StartInterval);
        if (health.Retries < 0) throw RpcError.InvalidArgument("ContainerSpec: Retries in HealthConfig cannot be negative");
    }

    private static void CheckHealthDuration(string name, long nanoseconds)
    {
        if (nanoseconds != 0 && nanoseconds < ShortestHealthDuration)
            throw RpcError.InvalidArgument($"ContainerSpec: {name} in HealthConfig cannot be less than 1ms");
    }

    private static void CheckMode(ServiceSpec spec)
    {
        if (spec.ModeCase == ServiceSpec.ModeOneofCase.None) throw RpcError.InvalidArgument("Unrecognized service mode");
        if (spec.Replicated?.Replicas > long.MaxValue) throw RpcError.InvalidArgument("Number of replicas must be non-negative");
        if (spec.IsJob() && spec.Update is not null) throw RpcError.InvalidArgument("Jobs may not have an update config");
    }

    private static void CheckUpdate(UpdateConfig? update)
    {
        if (update is null) return;
        if (update.Delay < 0) throw RpcError.InvalidArgument("TaskSpec: update-delay cannot be negative");
        if (update.Monitor < 0) throw RpcError.InvalidArgument("TaskSpec: update-monitor cannot be negative");
        if (update.MaxFailureRatio is < 0 or > 1 or double.NaN)
            throw RpcError.InvalidArgument("TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1");
        if (update.FailureAction is not ("" or "pause" or "continue" or "rollback"))
            throw SkeinException.Invalid($"unrecognized update failure action {update.FailureAction}");
        if (update.Order is not ("" or "stop-first" or "start-first"))
            throw SkeinException.Invalid($"unrecognized update order {update.Order}");
    }

    private static void CheckEndpoint(EndpointSpec? endpoint)
    {
        if (endpoint is null) return;
        var published = new HashSet<(uint, PortProtocol)>();
        foreach (var port in endpoint.Ports)
        {
            if (endpoint.Mode == EndpointMode.Dnsrr && port.PublishMode == PublishMode.Ingress)
                throw RpcError.InvalidArgument("EndpointSpec: port published with ingress mode can't be used with dnsrr mode");
            // Docker has no such check: a port beyond 65535 is stored there and never works.
            if (port.TargetPort is 0 or > HighestPort) throw RpcError.InvalidArgument($"EndpointSpec: invalid target port {port.TargetPort}");
            if (port.PublishedPort > HighestPort) throw RpcError.InvalidArgument($"EndpointSpec: invalid published port {port.PublishedPort}");
            if (port.PublishedPort != 0 && !published.Add((port.PublishedPort, port.Protocol)))
                throw RpcError.InvalidArgument("EndpointSpec: duplicate published ports provided");
        }
    }
}
