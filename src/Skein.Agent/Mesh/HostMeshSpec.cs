namespace Skein.Agent.Mesh;

/// <summary>Everything that nftables does in the host's namespace.</summary>
/// <param name="TunnelPort">UDP port of the VXLAN devices: its packets bypass connection tracking.</param>
/// <param name="GatewaySubnet">docker_gwbridge's CIDR; null while this host has no such bridge.</param>
internal sealed record HostMeshSpec(uint TunnelPort, string? GatewaySubnet, IReadOnlyList<HostPort> Ports);
