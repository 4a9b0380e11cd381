using System.Net;

namespace Skein.Agent.Mesh;

/// <summary>Everything that nftables does in the ingress namespace.</summary>
/// <param name="Gateway">Its leg on docker_gwbridge, where the host hands connections in.</param>
internal sealed record IngressMeshSpec(string GatewayInterface, IPAddress Gateway, IReadOnlyList<PublishedPort> Ports);
