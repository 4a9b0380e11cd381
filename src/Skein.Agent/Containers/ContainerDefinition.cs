using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>What a container is made from; kept on disk beside it. Command, environment and so on are merged with the image's at creation.</summary>
/// <param name="Spec">image, command, args, env, dir, user, mounts, capabilities, … in the service's terms.</param>
/// <param name="NetworkNamespacePath">The pinned network namespace; empty = a new one with loopback only.</param>
/// <param name="ResolvConfPath">Bound read-write over /etc/resolv.conf, /etc/hosts and /etc/hostname; empty = the image's own.</param>
public sealed record ContainerDefinition(
    string Id,
    string Name,
    ContainerSpec Spec,
    IReadOnlyDictionary<string, string> Labels,
    string Hostname,
    string NetworkNamespacePath,
    string ResolvConfPath,
    string HostsPath,
    string HostnamePath,
    ResourceRequirements? Resources,
    LogDriver? LogDriver,
    TimeSpan StopGracePeriod)
{
    /// <summary>The networks it is on, without docker_gwbridge: it keeps them when it has ended and its legs are gone.</summary>
    public IReadOnlyList<ContainerNetworkName> Networks { get; init; } = [];
}
