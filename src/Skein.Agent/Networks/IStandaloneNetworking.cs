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
    Task<ContainerNetwork> AttachAsync(ContainerDefinition definition, CancellationToken cancel);

    /// <summary>Ports are free again, and so are addresses. Detaching one that isn't attached is a success.</summary>
    /// <param name="returns">It will start again by itself: what the swarm has given it is kept for it.</param>
    Task DetachAsync(string containerId, bool returns, CancellationToken cancel);

    /// <summary>Once, at the daemon's start: takes over what these have, and takes away what belongs to no container of a user.</summary>
    Task RecoverAsync(IReadOnlyCollection<ContainerDefinition> running, CancellationToken cancel);

    /// <summary>Those that are started again at the daemon's start have been tried: what the swarm has given to others may go back to it.</summary>
    void Recovered();

    /// <summary>One more leg for a container that runs.</summary>
    /// <param name="running">With the endpoint among its own.</param>
    Task<ContainerNetwork> ConnectAsync(ContainerDefinition running, StandaloneEndpoint endpoint, CancellationToken cancel);

    /// <summary>Others find it by its new name from here on. Nothing happens to one that is not attached.</summary>
    Task RenameAsync(ContainerDefinition renamed, CancellationToken cancel);

    /// <param name="network">Id or name.</param>
    Task DisconnectAsync(string containerId, string network, CancellationToken cancel);
}
