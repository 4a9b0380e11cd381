using Microsoft.Extensions.Logging;

namespace Skein.Manager.Store;

public sealed partial class EtcdProcess
{
    [LoggerMessage(2120, LogLevel.Information, "etcd runs as process {Pid}")]
    private partial void LogStarted(int pid);

    [LoggerMessage(2121, LogLevel.Information, "etcd of an earlier daemon is taken over: process {Pid}")]
    private partial void LogAdopted(int pid);

    [LoggerMessage(2122, LogLevel.Information, "etcd of an earlier daemon runs with other options and is replaced: process {Pid}")]
    private partial void LogReplaced(int pid);

    [LoggerMessage(2123, LogLevel.Warning, "etcd ended (process {Pid}) and is started again{LastLine}")]
    private partial void LogEnded(int pid, string lastLine);

    [LoggerMessage(2124, LogLevel.Error, "{Reason}")]
    private partial void LogCannotStart(string reason);

    [LoggerMessage(2125, LogLevel.Information, "etcd (process {Pid}) is started anew, {Why}")]
    private partial void LogMeant(int pid, string why);
}
