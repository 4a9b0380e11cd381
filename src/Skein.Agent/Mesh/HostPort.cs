using System.Net;

namespace Skein.Agent.Mesh;

/// <summary>A port of this host, and where on docker_gwbridge its connections go.</summary>
internal readonly record struct HostPort(TransportPort Published, IPAddress Address, ushort Port);
