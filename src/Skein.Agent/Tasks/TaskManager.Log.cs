using Microsoft.Extensions.Logging;

namespace Skein.Agent.Tasks;

public sealed partial class TaskManager
{
    [LoggerMessage(3260, LogLevel.Information, "took over {Running} running containers; {Foreign} of tasks no longer assigned are removed")]
    private partial void LogRecovered(int running, int foreign);

    [LoggerMessage(3261, LogLevel.Error, "task {Task} lost its controller")]
    private partial void LogControllerFailed(Exception error, string task);

    [LoggerMessage(3262, LogLevel.Warning, "the container of a former task, {Name}, could not be removed")]
    private partial void LogRemovalFailed(Exception error, string name);

    [LoggerMessage(3263, LogLevel.Error, "the networks of running containers could not be taken over")]
    private partial void LogNetworksNotRecovered(Exception error);
}
