using Microsoft.Extensions.Logging;

namespace Skein.Agent.Tasks;

public sealed partial class TaskManager
{
    [LoggerMessage(EventId = 3210, Level = LogLevel.Information, Message = "took over {Running} running containers; {Foreign} of tasks no longer assigned are removed")]
    private partial void LogRecovered(int running, int foreign);

    [LoggerMessage(EventId = 3211, Level = LogLevel.Error, Message = "task {Task} lost its controller")]
    private partial void LogControllerFailed(Exception error, string task);

    [LoggerMessage(EventId = 3212, Level = LogLevel.Warning, Message = "the container of a former task, {Name}, could not be removed")]
    private partial void LogRemovalFailed(Exception error, string name);

    [LoggerMessage(EventId = 3213, Level = LogLevel.Error, Message = "the networks of running containers could not be taken over")]
    private partial void LogNetworksNotRecovered(Exception error);
}
