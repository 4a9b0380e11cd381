using System.Net;

namespace Skein.Agent.Mesh;

/// <summary>How a container with published ports answers clients whose own addresses it sees.</summary>
/// <param name="Interface">Its leg on the ingress network.</param>
/// <param name="Gateway">Its address on docker_gwbridge.</param>
/// <param name="Ports">Target ports: nothing else is let in by this leg.</param>
/// <param name="Own">Its first address on another overlay, by which it knows itself; null without one.</param>
internal sealed record ReturnPathSpec(
    string Interface, IPAddress Address, IPAddress Gateway, IReadOnlyList<IngressSource> Sources, IReadOnlyList<TransportPort> Ports, IPAddress? Own = null);
