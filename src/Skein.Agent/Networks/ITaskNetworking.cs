namespace Skein.Agent.Networks;

/// <summary>Gives a container its network namespace and takes it away. Every call may be repeated.</summary>
public interface ITaskNetworking
{
    /// <summary>
    /// Makes the namespace with every leg up and addressed, docker_gwbridge and the default route, the resolver on
    /// 127.0.0.11, the balancer and the published ports; the tunnel entries of its networks are in the kernel when it returns.
    /// </summary>
    Task<ContainerNetwork> AttachAsync(ContainerNetworkSpec spec, CancellationToken cancel);

    Task DetachAsync(string containerId, CancellationToken cancel);

    /// <summary>What a container has now; null when it has no namespace.</summary>
    ContainerNetwork? Find(string containerId);

    /// <summary>The ingress namespace's legs; null while this host has none.</summary>
    ContainerNetwork? Ingress { get; }

    /// <summary>After a restart of the daemon: takes over the namespaces of these, serves their resolvers again, removes all others.</summary>
    Task RecoverAsync(IReadOnlyCollection<ContainerNetworkSpec> running, CancellationToken cancel);
}
