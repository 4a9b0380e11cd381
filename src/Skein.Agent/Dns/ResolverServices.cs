using Microsoft.Extensions.Logging;
using Skein.Linux.Namespaces;

namespace Skein.Agent.Dns;

/// <summary>What all containers' resolvers share.</summary>
/// <param name="HostSpace">Where the host's resolvers are asked from; null = this process's own namespace.</param>
internal sealed record ResolverServices(
    NameIndexCache Names, HostResolvers Host, NetworkNamespace? HostSpace, TimeProvider Time, ILoggerFactory Logs);
