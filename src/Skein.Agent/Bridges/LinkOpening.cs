using System.Net;
using Skein.Agent.Mesh;

namespace Skein.Agent.Bridges;

/// <summary>What a link lets pass on a bridge whose containers do not reach each other otherwise.</summary>
internal readonly record struct LinkOpening(IPAddress From, IPAddress To, TransportPort Port);
