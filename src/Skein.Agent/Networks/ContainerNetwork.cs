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

    /// <summary>Of a user's container: its published ports with the addresses and ports of the host that were really bound.</summary>
    public IReadOnlyList<PortBinding> Published { get; init; } = [];
}

/// <param name="NetworkId">Id of an overlay network or of a bridge of the host's own; docker_gwbridge by its name.</param>
/// <param name="Addresses">CIDR</param>
public sealed record ContainerLeg(
    string NetworkId,
    string NetworkName,
    string Interface,
    IReadOnlyList<string> Addresses,
    string Mac,
    string Gateway)
{
    public string GatewayIPv6 { get; init; } = "";

    /// <summary>The names that others on the network know it by.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
}
