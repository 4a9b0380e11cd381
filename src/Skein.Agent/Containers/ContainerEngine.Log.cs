using Microsoft.Extensions.Logging;

namespace Skein.Agent.Containers;

public sealed partial class ContainerEngine
{
    [LoggerMessage(3201, LogLevel.Information, "{Count} containers found, {Running} of them running")]
    private partial void LogRecovered(int count, int running);

    [LoggerMessage(3202, LogLevel.Error, "container {Id}: its record cannot be read, so it is removed: {Reason}")]
    private partial void LogUnreadable(string id, string reason);

    [LoggerMessage(3203, LogLevel.Warning, "container {Id} has no record here and is removed from containerd")]
    private partial void LogSwept(string id);

    [LoggerMessage(3204, LogLevel.Warning, "container {Id}: containerd did not remove what is left of it: {Reason}")]
    private partial void LogLeftBehind(string id, string reason);

    [LoggerMessage(3205, LogLevel.Information, "container {Id} did not stop within {Seconds} s and is killed")]
    private partial void LogKilled(string id, double seconds);

    [LoggerMessage(3206, LogLevel.Warning, "container {Id} is out of memory")]
    private partial void LogOutOfMemory(string id);

    [LoggerMessage(3207, LogLevel.Debug, "container {Id}: waiting for its end was interrupted: {Reason}")]
    private partial void LogWaitBroke(string id, string reason);

    [LoggerMessage(3208, LogLevel.Error, "container {Id}: its end could not be dealt with")]
    private partial void LogWatchFailed(string id, Exception error);

    [LoggerMessage(3222, LogLevel.Error, "container {Id}: its state could not be written, which is tried again: {Reason}")]
    private partial void LogNotRecorded(string id, string reason);

    [LoggerMessage(3209, LogLevel.Debug, "containerd's events are interrupted: {Reason}")]
    private partial void LogEventsBroke(string reason);

    [LoggerMessage(3223, LogLevel.Warning, "container {Id} does not run, but a process of it was started: it is ended")]
    private partial void LogSweptTask(string id);

    [LoggerMessage(3224, LogLevel.Warning, "containerd has forgotten the shim that it started for container {Id}: process {Pid} is ended")]
    private partial void LogSweptShim(string id, int pid);

    [LoggerMessage(3225, LogLevel.Warning, "container {Id} was not made to its end and is removed")]
    private partial void LogUnfinished(string id);

    [LoggerMessage(3226, LogLevel.Debug, "what is left behind could not be looked for: {Reason}")]
    private partial void LogSweepBroke(string reason);

    [LoggerMessage(3227, LogLevel.Warning, "container {Id}: its input could not be closed: {Reason}")]
    private partial void LogInputLeftOpen(string id, string reason);

    [LoggerMessage(3228, LogLevel.Warning, "container {Id}: containerd did not end it, the kernel does")]
    private partial void LogKilledByKernel(string id);

    [LoggerMessage(3229, LogLevel.Warning, "container {Id}: its shim does not answer and is ended")]
    private partial void LogShimEnded(string id);
}
