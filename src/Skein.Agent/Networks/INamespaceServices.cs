using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>
/// What lives in a namespace beside its legs: resolver, balancer, the return path of published ports. Networks makes
/// and finds the namespaces and calls this; Dns and Mesh stand behind it. Every call may be repeated.
/// </summary>
public interface INamespaceServices
{
    /// <summary>A container's namespace has its legs: serve 127.0.0.11, load the balancer, publish its host ports. Answers with the host ports as bound.</summary>
    Task<IReadOnlyList<PortConfig>> OpenAsync(ContainerNetworkSpec spec, string namespacePath, IReadOnlyList<ContainerLeg> legs, CancellationToken cancel);

    Task CloseAsync(string containerId, CancellationToken cancel);

    /// <summary>The host's ingress namespace stands: its leg on the ingress network and its address on docker_gwbridge.</summary>
    Task OpenIngressAsync(string namespacePath, ContainerLeg overlay, ContainerLeg gateway, CancellationToken cancel);

    Task CloseIngressAsync(CancellationToken cancel);

    /// <summary>All that outlived the last daemon has been opened: what names all of it, the host's own table, may be replaced from now on.</summary>
    Task AllOpenedAsync(CancellationToken cancel);
}
