using System.Collections.Concurrent;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Tests.Tasks;

internal sealed class FakeTaskNetworking : ITaskNetworking
{
    public ConcurrentDictionary<string, ContainerNetworkSpec> Attached { get; } = new();

    public ConcurrentQueue<string> Detached { get; } = new();

    public List<string> Recovered { get; } = [];

    public TaskCompletionSource Gate { get; set; } = Opened();

    public async Task<ContainerNetwork> AttachAsync(ContainerNetworkSpec spec, CancellationToken cancel)
    {
        Attached[spec.ContainerId] = spec;
        await Gate.Task.WaitAsync(cancel);
        string[] networks = [.. spec.Legs.Select(leg => leg.NetworkId), "docker_gwbridge"];
        var legs = networks.Select((id, place) => new ContainerLeg(id, id, $"eth{place}", [], "", "")).ToList();
        return new ContainerNetwork("/run/ns/" + spec.ContainerId, "/files/resolv.conf", "/files/hosts", legs, [new PortConfig { TargetPort = 80, PublishedPort = 32768 }])
        {
            Hostname = "/files/hostname",
        };
    }

    public Task DetachAsync(string containerId, CancellationToken cancel)
    {
        Detached.Enqueue(containerId);
        return Task.CompletedTask;
    }

    public ContainerNetwork? Ingress => null;

    public ContainerNetwork? Known { get; set; }

    public ContainerNetwork? Find(string containerId) => Known;

    public Task RecoverAsync(IReadOnlyCollection<ContainerNetworkSpec> running, CancellationToken cancel)
    {
        Recovered.AddRange(running.Select(spec => spec.ContainerId));
        return Task.CompletedTask;
    }

    private static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }
}
