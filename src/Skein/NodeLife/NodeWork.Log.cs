namespace Skein.NodeLife;

internal sealed partial class NodeWork
{
    [LoggerMessage(1100, LogLevel.Information, "Node {Node} has begun swarm {Cluster}")]
    private partial void LogBegun(string node, string cluster);

    [LoggerMessage(1103, LogLevel.Warning, "The swarm was not begun or joined, and the host is as before: {Reason}")]
    private partial void LogNotBegun(string reason);

    [LoggerMessage(1109, LogLevel.Information, "Manager {Manager} has not taken this one out of the state's members: {Reason}")]
    private partial void LogNotRemovedBy(string manager, string reason);

    [LoggerMessage(1110, LogLevel.Warning, "The new swarm's own node has not opened its session within {Seconds} s, and is tried again")]
    private partial void LogLateSession(double seconds);

    [LoggerMessage(1112, LogLevel.Information, "This manager's keys are {How} on its disk")]
    private partial void LogSealed(string how);

    [LoggerMessage(1113, LogLevel.Warning, "Manager {Node} becomes a cluster of one at {Address}: the other managers are none any more")]
    private partial void LogForced(string node, string address);

    [LoggerMessage(1114, LogLevel.Warning, "This host has another address: it was {Before}, and is {After}")]
    private partial void LogMoved(string before, string after);

    [LoggerMessage(1111, LogLevel.Warning, "That this node leaves could not be written down: {Reason}")]
    private partial void LogNotMarked(string reason);
}
