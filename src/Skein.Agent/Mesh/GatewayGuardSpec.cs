using System.Net;

namespace Skein.Agent.Mesh;

/// <summary>
/// Containers do not speak to each other over docker_gwbridge. The bridge's isolated ports see to that, but for those with
/// ports of the host: where bridged frames pass the host's tables (br_netfilter, as Docker and Kubernetes load it), a
/// container's connection to such a port goes from bridge port to bridge port, and isolation would end it.
/// </summary>
/// <param name="Interface">The leg on docker_gwbridge.</param>
/// <param name="Host">The bridge's own address: where published ports and the host itself come from.</param>
internal sealed record GatewayGuardSpec(string Interface, string Subnet, IPAddress Host);
