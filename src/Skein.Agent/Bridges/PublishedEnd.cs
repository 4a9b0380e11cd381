using System.Net;

namespace Skein.Agent.Bridges;

/// <summary>An end of this host, and where on a bridge its connections go.</summary>
internal readonly record struct PublishedEnd(HostEnd Host, IPAddress Address, ushort Port);
