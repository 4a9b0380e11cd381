using System.Net;

namespace Skein.Agent.Mesh;

/// <summary>A port published by the mesh, and the ready tasks' addresses on the ingress network.</summary>
internal sealed record PublishedPort(TransportPort Published, ushort Target, IReadOnlyList<IPAddress> Backends);
