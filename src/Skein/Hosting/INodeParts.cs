using Skein.Model;

namespace Skein.Hosting;

/// <summary>What acts on a node's assignments: tasks, networks, names and balancers.</summary>
internal interface INodeParts
{
    /// <summary>Follows the assignments from now on.</summary>
    void Start();

    /// <summary>Follows no more; containers and kernel stay as they are.</summary>
    Task StopAsync();

    /// <summary>The assignments are empty by now: ends what was there, follows no more, and takes all of ours out of this host.</summary>
    Task RemoveAllAsync(CancellationToken cancel);

    /// <summary>Sends tasks' lines to a manager, until all are sent, nobody reads them, or the session ends. Never throws.</summary>
    Task PublishLogsAsync(LogSubscription wanted, Dispatcher.DispatcherClient manager, CancellationToken session);
}
