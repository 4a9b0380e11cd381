using Microsoft.Extensions.Logging;
using Skein.Model;

namespace Skein.Agent.Tasks;

internal sealed partial class TaskController
{
    [LoggerMessage(3251, LogLevel.Information, "task {Task}: {State} {Text}")]
    private partial void LogState(string task, TaskState state, string text);

    [LoggerMessage(3253, LogLevel.Warning, "task {Task}: is stopped though not every node has said within {Seconds} s that it leads nobody to it any more")]
    private partial void LogNotDrained(string task, double seconds);

    // What a SkeinException says is meant for people; where another came from only its stack tells.
    private void LogFailed(Exception error, TaskWork work) => LogFailed(error is SkeinException ? null : error, TaskId, work, Reason(error));

    [LoggerMessage(3252, LogLevel.Warning, "task {Task}: {Work} failed: {Reason}")]
    private partial void LogFailed(Exception? error, string task, TaskWork work, string reason);
}
