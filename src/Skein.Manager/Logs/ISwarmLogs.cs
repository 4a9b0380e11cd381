using Skein.Model;

namespace Skein.Manager.Logs;

/// <summary>The lines that a service's or a task's containers wrote, from every node, each task's in its order.</summary>
public interface ISwarmLogs
{
    /// <exception cref="SkeinException">At the end, in Docker's words: nodes whose lines are missing.</exception>
    IAsyncEnumerable<LogLines> ReadAsync(LogSelection selection, LogRequest request, CancellationToken cancel);
}
