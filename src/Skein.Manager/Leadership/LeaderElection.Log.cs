using Microsoft.Extensions.Logging;

namespace Skein.Manager.Leadership;

public sealed partial class LeaderElection
{
    [LoggerMessage(2200, LogLevel.Information, "This manager leads (term {Term}), after {Before}")]
    private partial void LogLeads(ulong term, string before);

    [LoggerMessage(2201, LogLevel.Warning, "Another manager leads now: term {Term} of this one is over")]
    private partial void LogFollowed(ulong term);

    [LoggerMessage(2202, LogLevel.Information, "This manager has given up leading (term {Term})")]
    private partial void LogResigned(ulong term);

    [LoggerMessage(2203, LogLevel.Error, "The control loops failed")]
    private partial void LogLoopsFailed(Exception reason);

    [LoggerMessage(2204, LogLevel.Warning, "The managers' state does not answer: {Reason}")]
    private partial void LogUnreachable(string reason);
}
