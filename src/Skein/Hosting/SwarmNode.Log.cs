using Skein.Model;

namespace Skein.Hosting;

internal sealed partial class SwarmNode
{
    [LoggerMessage(1100, LogLevel.Information, "Node {Node} has begun swarm {Cluster}")]
    private partial void LogBegun(string node, string cluster);

    [LoggerMessage(1101, LogLevel.Information, "This host has joined the swarm as {Role}: node {Node}")]
    private partial void LogJoined(string node, NodeRole role);

    [LoggerMessage(1102, LogLevel.Information, "Node {Node} leaves the swarm")]
    private partial void LogLeaving(string node);

    [LoggerMessage(1103, LogLevel.Warning, "The swarm was not begun or joined, and the host is as before: {Reason}")]
    private partial void LogNotBegun(string reason);

    [LoggerMessage(1104, LogLevel.Error, "This node cannot take its part in the swarm: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(1105, LogLevel.Information, "Node {Node} is a manager again after the daemon's start")]
    private partial void LogResumed(string node);

    [LoggerMessage(1106, LogLevel.Warning, "This node is not a manager again yet: {Reason}")]
    private partial void LogNotResumed(string reason);

    [LoggerMessage(1107, LogLevel.Information, "This node becomes a {Role}")]
    private partial void LogRole(NodeRole role);

    [LoggerMessage(1108, LogLevel.Warning, "This node is not a {Role} yet: {Reason}")]
    private partial void LogRoleNotTaken(string role, string reason);

    [LoggerMessage(1109, LogLevel.Information, "Manager {Manager} has not taken this one out of the state's members: {Reason}")]
    private partial void LogNotRemovedBy(string manager, string reason);

    [LoggerMessage(1110, LogLevel.Warning, "The new swarm's own node has not opened its session within {Seconds} s, and is tried again")]
    private partial void LogLateSession(double seconds);
}
