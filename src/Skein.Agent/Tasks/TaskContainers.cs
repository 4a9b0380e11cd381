using Skein.Agent.Containers;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>A task in the terms of networks and containers.</summary>
/// <param name="directory">Holds a folder for each container with its hosts, hostname and resolv.conf.</param>
internal sealed class TaskContainers(string directory, Func<string> nodeId, Func<NodeDescription> describeNode)
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(10);

    public ContainerSpec ExpandedSpec(SwarmTask task) => new TaskTemplate(task, nodeId(), describeNode()).Expand(task.Spec.Container);

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
        expanded.Sysctls);

    /// <summary>Writes what is bound over the image's /etc and answers with the definition.</summary>
    public async Task<ContainerDefinition> DefineAsync(
        SwarmTask task, ContainerSpec expanded, string containerId, ContainerNetwork network, CancellationToken cancel)
    {
        var hostname = TaskNaming.Hostname(expanded, containerId);
        var folder = Directory.CreateDirectory(FolderOf(containerId)).FullName;
        var resolvConf = Path.Combine(folder, "resolv.conf");
        var hosts = Path.Combine(folder, "hosts");
        var hostnamePath = Path.Combine(folder, "hostname");
        await File.WriteAllTextAsync(resolvConf, network.ResolvConf, cancel);
        await File.WriteAllTextAsync(hosts, network.Hosts, cancel);
        await File.WriteAllTextAsync(hostnamePath, hostname + "\n", cancel);
        return new ContainerDefinition(
            containerId, TaskNaming.ContainerName(task), expanded, TaskNaming.Labels(task, nodeId()), hostname, network.NamespacePath,
            resolvConf, hosts, hostnamePath, task.Spec.Resources, task.Spec.LogDriver, GraceOf(task));
    }

    public void RemoveFolder(string containerId)
    {
        if (containerId.Length > 0 && Directory.Exists(FolderOf(containerId))) Directory.Delete(FolderOf(containerId), recursive: true);
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

    private string FolderOf(string containerId) => Path.Combine(directory, containerId);
}
