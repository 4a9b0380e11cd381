using Microsoft.Extensions.Logging;

namespace Skein.Manager.Store;

public sealed partial class EtcdStore
{
    [LoggerMessage(2100, LogLevel.Warning, "A write waits for the managers' state to be available: {Reason}")]
    private partial void LogRetry(string reason);
}
