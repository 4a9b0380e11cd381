using System.Collections.Concurrent;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.HostTests.Networks;

/// <summary>Resolver and mesh, left out: what was asked of them is kept.</summary>
internal sealed class RecordingNamespaceServices : INamespaceServices
{
    public ConcurrentQueue<string> Calls { get; } = new();

    public Task<IReadOnlyList<PortConfig>> OpenAsync(ContainerNetworkSpec spec, string namespacePath, IReadOnlyList<ContainerLeg> legs, CancellationToken cancel)
    {
        Calls.Enqueue($"open {spec.ContainerId} {string.Join(' ', legs.Select(leg => $"{leg.Interface}={leg.Addresses[0]}"))}");
        return Task.FromResult<IReadOnlyList<PortConfig>>([]);
    }

    public Task CloseAsync(string containerId, CancellationToken cancel)
    {
        Calls.Enqueue($"close {containerId}");
        return Task.CompletedTask;
    }

    public Task OpenIngressAsync(string namespacePath, ContainerLeg overlay, ContainerLeg gateway, CancellationToken cancel)
    {
        Calls.Enqueue($"open-ingress {overlay.Interface}={overlay.Addresses[0]} {gateway.Interface}={gateway.Addresses[0]}");
        return Task.CompletedTask;
    }

    public Task CloseIngressAsync(CancellationToken cancel)
    {
        Calls.Enqueue("close-ingress");
        return Task.CompletedTask;
    }

    public Task AllOpenedAsync(CancellationToken cancel)
    {
        Calls.Enqueue("all-opened");
        return Task.CompletedTask;
    }
}
