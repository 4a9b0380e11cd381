using Microsoft.Extensions.Logging;

namespace Skein.Manager.Store;

internal sealed partial class Replica
{
    [LoggerMessage(2110, LogLevel.Information, "The replica holds {Count} objects as of revision {Revision}")]
    private partial void LogLoaded(int count, long revision);

    [LoggerMessage(2111, LogLevel.Warning, "The replica's watch broke off and is started again: {Reason}")]
    private partial void LogInterrupted(string reason);

    [LoggerMessage(2112, LogLevel.Information, "etcd ended the replica's watch: {Reason} (compacted up to {CompactRevision})")]
    private partial void LogCanceled(string reason, long compactRevision);

    [LoggerMessage(2113, LogLevel.Warning, "The store holds {Key}, which this version does not know")]
    private partial void LogUnknown(string key);
}
