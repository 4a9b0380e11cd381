using Microsoft.Extensions.Logging;

namespace Skein.Agent.Dns;

internal sealed partial class ContainerResolver
{
    [LoggerMessage(4111, LogLevel.Warning, "Resolver in {Namespace}: {Reason}")]
    private static partial void LogSocketError(ILogger log, string @namespace, string reason);

    [LoggerMessage(4112, LogLevel.Debug, "The answer about {Name} did not reach its asker: {Reason}")]
    private static partial void LogReplyLost(ILogger log, string name, string reason);
}
