using Skein.Model;

namespace Skein.NodeLife;

internal sealed partial class SwarmNode
{
    [LoggerMessage(1101, LogLevel.Information, "This host has joined the swarm as {Part}: node {Node}")]
    private partial void LogJoined(Part part, string node);

    [LoggerMessage(1102, LogLevel.Information, "Node {Node} leaves the swarm")]
    private partial void LogLeaving(string node);

    [LoggerMessage(1104, LogLevel.Error, "This node cannot take its part in the swarm: {Reason}")]
    private partial void LogFault(string reason);

    [LoggerMessage(1105, LogLevel.Information, "Node {Node} is a manager again after the daemon's start")]
    private partial void LogResumed(string node);

    [LoggerMessage(1106, LogLevel.Debug, "{Work} failed: {Reason}")]
    private partial void LogFailed(string work, string reason);

    [LoggerMessage(1107, LogLevel.Information, "This node becomes a {Role}")]
    private partial void LogRole(NodeRole role);

    [LoggerMessage(1108, LogLevel.Warning, "The role is not taken: {Reason}")]
    private partial void LogRoleNotTaken(string reason);
}
