using Microsoft.Extensions.Logging;

namespace Skein.Agent.Session;

public sealed partial class AgentSession
{
    [LoggerMessage(3101, LogLevel.Information, "known from disk: {Tasks} tasks, {Endpoints} endpoints")]
    private partial void LogRestored(int tasks, int endpoints);

    [LoggerMessage(3102, LogLevel.Information, "in session {Session} with manager {Manager}")]
    private partial void LogConnected(string manager, string session);

    [LoggerMessage(3103, LogLevel.Warning, "session with manager {Manager} ended: {Reason}")]
    private partial void LogEnded(string manager, string reason);

    [LoggerMessage(3104, LogLevel.Warning, "manager {Manager} gave no session: {Reason}")]
    private partial void LogNotConnected(string manager, string reason);
}
