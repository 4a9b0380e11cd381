using Microsoft.Extensions.Logging;

namespace Skein.Agent.Dns;

/// <summary>What all containers' resolvers share.</summary>
internal sealed record ResolverServices(NameIndexCache Names, HostResolvers Host, Forwarder Forwarder, TimeProvider Time, ILogger Log);
