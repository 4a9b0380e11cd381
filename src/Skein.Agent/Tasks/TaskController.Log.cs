using Microsoft.Extensions.Logging;
using Skein.Model;

namespace Skein.Agent.Tasks;

internal sealed partial class TaskController
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Information, Message = "task {Task}: {State} {Text}")]
    private partial void LogState(string task, TaskState state, string text);

    // What a SkeinException says is meant for people; where another came from only its stack tells.
    private void LogFailed(Exception error, TaskWork work) => LogFailed(error is SkeinException ? null : error, TaskId, work, Reason(error));

    [LoggerMessage(EventId = 3202, Level = LogLevel.Warning, Message = "task {Task}: {Work} failed: {Reason}")]
    private partial void LogFailed(Exception? error, string task, TaskWork work, string reason);
}
