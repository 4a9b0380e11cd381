using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>The networks of containers of users: made at each start, gone after each end. Errors are SkeinException in Docker's words.</summary>
public interface IStandaloneNetworking
{
    /// <summary>Of a container on a network of its own; the same at every start, for the runtime's spec.</summary>
    string NamespacePathOf(string containerId);

    ContainerNetwork? Find(string containerId);

    /// <summary>Id and name of one of the host's networks, or of the swarm's that this node is told of; null when there is none of that name or id.</summary>
    StoredNetwork? NetworkOf(string network);

    /// <summary>Lines of a hosts file with what `host-gateway` stands for in its place.</summary>
    Task<IReadOnlyList<string>> HostLinesAsync(IReadOnlyCollection<string> lines, CancellationToken cancel);

    /// <summary>Says now what the next start would say of this wish; of a network that is not there yet nothing is known.</summary>
    void Check(StandaloneEndpoint endpoint);

    /// <summary>Namespace, legs, names and published ports, by the definition's wishes. Its addresses may be others than at its last start.</summary>
    /// <param name="waiting">Ends the wait for others, as for the swarm that gives an address, and nothing that has begun.</param>
    Task<ContainerNetwork> AttachAsync(ContainerDefinition definition, CancellationToken waiting, CancellationToken cancel);

    /// <summary>Ports are free again, and so are addresses. Detaching one that isn't attached is a success.</summary>
    /// <param name="returns">It will start again by itself: what the swarm has given it is kept for it.</param>
    Task DetachAsync(string containerId, bool returns, CancellationToken cancel);

    /// <summary>
    /// Once, at the daemon's start: takes over what these have, makes and takes away legs where they have others than they are to have, and takes
    /// away what belongs to no container of a user.
    /// </summary>
    Task RecoverAsync(IReadOnlyCollection<ContainerDefinition> running, CancellationToken cancel);

    /// <summary>Those that are started again at the daemon's start have been tried: what the swarm has given to others may go back to it.</summary>
    void Recovered();

    /// <summary>One more leg for a container that runs.</summary>
    /// <param name="running">With the endpoint among its own.</param>
    /// <param name="note">Called when all is had of others, and before anything is made: writes down that it is to have this leg.</param>
    /// <param name="waiting">As of <see cref="AttachAsync"/>.</param>
    Task<ContainerNetwork> ConnectAsync(ContainerDefinition running, StandaloneEndpoint endpoint, Func<Task> note, CancellationToken waiting, CancellationToken cancel);

    /// <summary>Others find it by its new name from here on. Nothing happens to one that is not attached.</summary>
    Task RenameAsync(ContainerDefinition renamed, CancellationToken cancel);

    /// <param name="running">With that endpoint no more among its own.</param>
    /// <param name="network">Id or name.</param>
    Task DisconnectAsync(ContainerDefinition running, string network, CancellationToken cancel);
}
