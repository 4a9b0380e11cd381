using Microsoft.Extensions.Logging;

namespace Skein.Manager.Orchestration;

public sealed partial class SwarmLoop
{
    [LoggerMessage(2101, LogLevel.Information, "control loop of manager {Manager} starts")]
    private partial void Started(string manager);

    [LoggerMessage(2102, LogLevel.Information, "control loop of manager {Manager} ends: its term as leader is over")]
    private partial void TermOver(string manager);

    [LoggerMessage(2103, LogLevel.Debug, "wrote {Count} objects")]
    private partial void Wrote(int count);

    [LoggerMessage(2104, LogLevel.Debug, "planned on revision {Revision}, which has been overtaken: planning again")]
    private partial void Conflict(ulong revision);

    [LoggerMessage(2105, LogLevel.Error, "a batch of the control loop failed, next try in {Backoff}")]
    private partial void BatchFailed(Exception failure, TimeSpan backoff);
}
