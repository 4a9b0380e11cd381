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

    /// <summary>Completes when the balancers and resolvers of this host follow this generation of the assignments.</summary>
    Task WhenProgrammedAsync(long generation, CancellationToken cancel);

    /// <summary>No balancer in the swarm leads to these tasks any more.</summary>
    void NoteDrained(IEnumerable<string> taskIds);

    /// <summary>Sends tasks' lines to a manager, until all are sent, nobody reads them, or the session ends. Never throws.</summary>
    Task PublishLogsAsync(LogSubscription wanted, Dispatcher.DispatcherClient manager, CancellationToken session);
}
