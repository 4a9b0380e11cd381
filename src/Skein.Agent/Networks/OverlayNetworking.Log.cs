using Microsoft.Extensions.Logging;

namespace Skein.Agent.Networks;

public sealed partial class OverlayNetworking
{
    [LoggerMessage(2310, LogLevel.Error, "The overlay could not be brought in line with the assignments, trying again in {Seconds} s")]
    private partial void LogPassFailed(Exception error, double seconds);

    [LoggerMessage(2311, LogLevel.Information, "Removing the network namespace of {Container}: no such container runs here")]
    private partial void LogStranger(string container);

    [LoggerMessage(2312, LogLevel.Error, "Taking over the network of container {Container} failed; its namespace is left as it is")]
    private partial void LogAdoptionFailed(Exception error, string container);

    [LoggerMessage(2313, LogLevel.Information, "{Count} container networks taken over")]
    private partial void LogAdopted(int count);

    [LoggerMessage(2314, LogLevel.Information, "Ingress namespace ready: {Overlay} on the overlay, {Gateway} on docker_gwbridge")]
    private partial void LogIngress(string overlay, string gateway);

    [LoggerMessage(2315, LogLevel.Debug, "Container {Container} attached in {Milliseconds} ms")]
    private partial void LogAttached(string container, double milliseconds);

    [LoggerMessage(2316, LogLevel.Warning, "What is left of the network of container {Container} could not be removed; the next daemon tries again")]
    private partial void LogStrangerStays(Exception error, string container);

    [LoggerMessage(2317, LogLevel.Warning, "Somebody had changed the network of {Where}: {What} put right")]
    private partial void LogPutRight(string where, string what);

    [LoggerMessage(2318, LogLevel.Warning, "The network of {Where} could not be looked at, and will be again")]
    private partial void LogVerifyFailed(Exception error, string where);
}
