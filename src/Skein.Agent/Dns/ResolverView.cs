using System.Net;

namespace Skein.Agent.Dns;

/// <param name="Servers">--dns: asked in place of the host's resolvers.</param>
internal sealed record ResolverView(ContainerView Container, IReadOnlyList<IPEndPoint> Servers);
