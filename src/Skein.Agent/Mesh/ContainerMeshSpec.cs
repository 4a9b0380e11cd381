namespace Skein.Agent.Mesh;

/// <summary>Everything that nftables does in one container's namespace.</summary>
/// <param name="DnsUdpPort">Where the resolver listens on 127.0.0.11; 0 = it does not.</param>
/// <param name="ReturnPath">null without published ports.</param>
/// <param name="Guard">null without a way out.</param>
internal sealed record ContainerMeshSpec(int DnsUdpPort, int DnsTcpPort, IReadOnlyList<BalancerSpec> Balancers, ReturnPathSpec? ReturnPath, GatewayGuardSpec? Guard = null);
