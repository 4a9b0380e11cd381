using Microsoft.Extensions.Logging;

namespace Skein.Agent.Networks;

public sealed partial class OverlayNetworking
{
    [LoggerMessage(4410, LogLevel.Error, "The overlay could not be brought in line with the assignments, trying again in {Seconds} s")]
    private partial void LogPassFailed(Exception error, double seconds);

    [LoggerMessage(4411, LogLevel.Information, "Removing the network namespace of {Container}: no such container runs here")]
    private partial void LogStranger(string container);

    [LoggerMessage(4412, LogLevel.Error, "Taking over the network of container {Container} failed; its namespace is left as it is")]
    private partial void LogAdoptionFailed(Exception error, string container);

    [LoggerMessage(4413, LogLevel.Information, "{Count} container networks taken over")]
    private partial void LogAdopted(int count);

    [LoggerMessage(4414, LogLevel.Information, "Ingress namespace ready: {Overlay} on the overlay, {Gateway} on docker_gwbridge")]
    private partial void LogIngress(string overlay, string gateway);

    [LoggerMessage(4415, LogLevel.Debug, "Container {Container} attached in {Milliseconds} ms")]
    private partial void LogAttached(string container, double milliseconds);

    [LoggerMessage(4416, LogLevel.Warning, "What is left of the network of container {Container} could not be removed; the next daemon tries again")]
    private partial void LogStrangerStays(Exception error, string container);

    [LoggerMessage(4417, LogLevel.Warning, "Somebody had changed the network of {Where}: {What} put right")]
    private partial void LogPutRight(string where, string what);

    [LoggerMessage(4418, LogLevel.Warning, "The network of {Where} could not be looked at, and will be again")]
    private partial void LogVerifyFailed(Exception error, string where);
}
