using Microsoft.Extensions.Logging;
using Skein.Model;

namespace Skein.Agent.Tasks;

internal sealed partial class TaskController
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Information, Message = "task {Task}: {State} {Text}")]
    private partial void LogState(string task, TaskState state, string text);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Warning, Message = "task {Task}: {Work} failed")]
    private partial void LogFailed(Exception error, string task, TaskWork work);
}
