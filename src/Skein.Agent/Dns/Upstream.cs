using System.Net;
using Skein.Linux.Namespaces;

namespace Skein.Agent.Dns;

/// <summary>Whom to ask what the swarm does not know.</summary>
/// <param name="From">
/// The namespace to ask from; null = the daemon's own. Servers that the user gave with --dns are asked as the container
/// would ask them (they may be containers themselves); the host's resolvers as the host would (they may be on its loopback).
/// </param>
internal sealed record Upstream(IReadOnlyList<IPEndPoint> Servers, NetworkNamespace? From);
