using Microsoft.Extensions.Logging;

namespace Skein.Manager.Dispatch;

public sealed partial class DispatcherService
{
    [LoggerMessage(2431, LogLevel.Information, "node {Node} opened session {Session} from {Peer}")]
    private partial void LogOpened(string node, string session, string peer);

    [LoggerMessage(2432, LogLevel.Information, "session {Session} of node {Node} has ended")]
    private partial void LogEnded(string node, string session);

    [LoggerMessage(2433, LogLevel.Warning, "node {Node} is down: session {Session} was not heard of for three beats")]
    private partial void LogSilent(string node, string session);

    [LoggerMessage(2434, LogLevel.Warning, "node {Node} is silent, but could not be marked down yet: {Reason}")]
    private partial void LogNotMarked(string node, string reason);

    [LoggerMessage(2435, LogLevel.Warning, "the swarm's state has been out of reach for three beats; nodes are sent to other managers")]
    private partial void LogStoreLost();
}
