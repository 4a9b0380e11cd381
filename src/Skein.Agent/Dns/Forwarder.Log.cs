using System.Net;
using Microsoft.Extensions.Logging;

namespace Skein.Agent.Dns;

internal sealed partial class Forwarder
{
    [LoggerMessage(4101, LogLevel.Debug, "Resolver {Server} gave no answer: {Reason}")]
    private static partial void LogNoAnswer(ILogger log, IPEndPoint server, string reason);
}
