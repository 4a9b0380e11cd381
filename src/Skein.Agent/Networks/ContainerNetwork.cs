using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>A container's network as it stands.</summary>
/// <param name="NamespacePath">The pinned namespace, for the OCI spec.</param>
/// <param name="ResolvConf">Path of the file to be bound over /etc/resolv.conf.</param>
/// <param name="Hosts">Path of the file to be bound over /etc/hosts.</param>
/// <param name="HostPorts">mode=host ports with the port really bound.</param>
public sealed record ContainerNetwork(
    string NamespacePath,
    string ResolvConf,
    string Hosts,
    IReadOnlyList<ContainerLeg> Legs,
    IReadOnlyList<PortConfig> HostPorts)
{
    /// <summary>Path of the file to be bound over /etc/hostname.</summary>
    public string Hostname { get; init; } = "";
}

/// <param name="NetworkId">Overlay network id, or docker_gwbridge's.</param>
/// <param name="Addresses">CIDR</param>
public sealed record ContainerLeg(
    string NetworkId,
    string NetworkName,
    string Interface,
    IReadOnlyList<string> Addresses,
    string Mac,
    string Gateway);
