using Skein.Agent.Containers;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Networks;
using Skein.Model;
using Skein.Model.Logging;
using Skein.Model.Specs;

namespace Skein.Agent.Tasks;

/// <summary>A task in the terms of networks and containers.</summary>
/// <param name="logDriver">The host's own; null = none.</param>
internal sealed class TaskContainers(Func<string> nodeId, Func<NodeDescription> describeNode, LogDriver? logDriver)
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(10);

    public TaskTemplate TemplateOf(SwarmTask task) => new(task, nodeId(), describeNode());

    public ContainerSpec ExpandedSpec(SwarmTask task)
    {
        var expanded = TemplateOf(task).Expand(task.Spec.Container);
        expanded.Env.Add(GenericResources.Environment(task.GenericResources));
        return expanded;
    }

    public ContainerNetworkSpec NetworkSpec(SwarmTask task, ContainerSpec expanded, string containerId) => new(
        containerId,
        TaskNaming.ContainerName(task),
        task.Id,
        task.ServiceId,
        TaskNaming.Hostname(expanded, containerId),
        [.. task.Networks],
        [.. PortsOf(task)],
        expanded.DnsConfig,
        [.. expanded.Hosts],
        expanded.Sysctls)
    {
        ArrangesItself = CapabilitySet.Of(expanded.CapabilityAdd, expanded.CapabilityDrop).Contains("CAP_NET_ADMIN"),
    };

    public ContainerDefinition Define(SwarmTask task, ContainerSpec expanded, string containerId, ContainerNetwork network) => new()
    {
        Id = containerId,
        Name = TaskNaming.ContainerName(task),
        TaskId = task.Id,
        Spec = expanded,
        Labels = { TaskNaming.Labels(task, nodeId()) },
        Hostname = TaskNaming.Hostname(expanded, containerId),
        NetworkNamespacePath = network.NamespacePath,
        ResolvConfPath = network.ResolvConf,
        HostsPath = network.Hosts,
        HostnamePath = network.Hostname,
        Resources = task.Spec.Resources,
        LogDriver = LogDriverOf(task),
        StopGracePeriod = GraceOf(task).Ticks * TimeSpan.NanosecondsPerTick,
        Networks = { network.Legs.Where(leg => leg.NetworkName != KnownNetworks.GatewayBridge).Select(leg => new StoredNetwork { Id = leg.NetworkId, Name = leg.NetworkName }) },
    };

    /// <summary>The two may be wrong together: the manager knows of no host's own.</summary>
    private LogDriver? LogDriverOf(SwarmTask task)
    {
        var driver = DefaultLogDriver.Merge(task.Spec.LogDriver ?? task.LogDriver, logDriver);
        if (driver is not null) LogDriverValidation.Check(driver);
        return driver;
    }

    public static TimeSpan GraceOf(SwarmTask task) => task.Spec.Container.StopGracePeriod is { } nanoseconds
        ? TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick)
        : DefaultGrace;

    private static IEnumerable<PortConfig> PortsOf(SwarmTask task) => task.Endpoint switch
    {
        null => [],
        { Ports.Count: > 0 } endpoint => endpoint.Ports,
        var endpoint => endpoint.Spec?.Ports ?? Enumerable.Empty<PortConfig>(),
    };
}
