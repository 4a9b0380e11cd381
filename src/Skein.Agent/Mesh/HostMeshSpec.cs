namespace Skein.Agent.Mesh;

/// <summary>Everything that nftables does in the host's namespace.</summary>
/// <param name="Tunnels">Null while this host is in no swarm.</param>
/// <param name="GatewaySubnet">docker_gwbridge's CIDR; null while this host has no such bridge.</param>
/// <param name="SwarmSubnets">IPv4 subnets of the networks present on this host.</param>
/// <param name="RouterByUs">It was Skein that made this host forward packets: it forwards none but those of containers.</param>
internal sealed record HostMeshSpec(
    TunnelSpec? Tunnels, string? GatewaySubnet, IReadOnlyList<HostPort> Ports, IReadOnlyList<string> SwarmSubnets, bool RouterByUs = false)
{
    /// <summary>What leaves by docker_gwbridge has the host's address.</summary>
    public bool Masquerades { get; init; } = true;

    /// <summary>Devices of bridges that are the host's own, which have a table of their own.</summary>
    public IReadOnlyList<string> OtherBridges { get; init; } = [];
}
