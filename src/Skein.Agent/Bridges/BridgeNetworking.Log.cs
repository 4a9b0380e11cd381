using Microsoft.Extensions.Logging;

namespace Skein.Agent.Bridges;

public sealed partial class BridgeNetworking
{
    [LoggerMessage(4510, LogLevel.Debug, "Container {Container} connected to network {Network}")]
    private partial void LogConnected(string container, string network);

    [LoggerMessage(4511, LogLevel.Debug, "Container {Container} disconnected from network {Network}")]
    private partial void LogDisconnected(string container, string network);

    [LoggerMessage(4512, LogLevel.Warning, "Container {Container} runs, and nothing is left of its network")]
    private partial void LogNothingLeft(string container);

    [LoggerMessage(4513, LogLevel.Error, "The network of container {Container} could not be taken over")]
    private partial void LogAdoptionFailed(Exception error, string container);

    [LoggerMessage(4514, LogLevel.Error, "The bridge of network {Network} could not be made")]
    private partial void LogBridgeFailed(Exception error, string network);

    [LoggerMessage(4515, LogLevel.Warning, "Somebody had changed the network of {Where}: {What} put right")]
    private partial void LogPutRight(string where, string what);

    [LoggerMessage(4519, LogLevel.Error, "The network of container {Container} could not be looked at, and will be again")]
    private partial void LogContainerFailed(Exception error, string container);

    [LoggerMessage(4522, LogLevel.Warning, "Container {Container} was to be connected to network {Network} when a daemon ended, and cannot be yet")]
    private partial void LogLegLacks(Exception reason, string container, string network);

    [LoggerMessage(4516, LogLevel.Warning, "The host's own networks could not be looked at, and will be again")]
    private partial void LogVerifyFailed(Exception error);
}
