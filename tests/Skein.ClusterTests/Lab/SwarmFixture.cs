using Xunit;

namespace Skein.ClusterTests.Lab;

/// <summary>Three hosts in one swarm: h1 its manager, h2 and h3 workers.</summary>
public sealed class SwarmFixture() : LabFixture(3)
{
    public Docker Manager => Host(1);

    protected override async Task PrepareAsync()
    {
        await Manager.OutputOfAsync($"swarm init --advertise-addr {Address(1)}");
        var token = await Manager.OutputOfAsync("swarm join-token --quiet worker");
        await Task.WhenAll(Enumerable.Range(2, Hosts - 1).Select(host => Host(host).OutputOfAsync($"swarm join --token {token} {Address(1)}:2377")));
        await AllReadyAsync();
    }

    public Task AllReadyAsync() => Poll.UntilAsync(
        "every node is ready",
        () => Manager.LinesOfAsync("node ls --format {{.Status}}"),
        states => states.Length == Hosts && states.All(s => s == "Ready"));

    /// <summary>A container of the service, with the host that runs it.</summary>
    public async Task<(int Host, string Id)> AnyContainerOfAsync(string service)
    {
        var all = await ContainersOfAsync(service);
        Assert.True(all.Count > 0, $"no host has a container of {service}");
        return all[0];
    }

    /// <summary>The service's containers on every host: those that run, or all.</summary>
    public async Task<List<(int Host, string Id)>> ContainersOfAsync(string service, bool all = false)
    {
        List<(int, string)> found = [];
        for (var host = 1; host <= Hosts; host++)
            found.AddRange((await Host(host).ContainersOfAsync(service, all)).Select(id => (host, id)));
        return found;
    }

    public Task NoContainerOfAsync(string service) =>
        Poll.UntilAsync($"no container of {service} is left", () => ContainersOfAsync(service, all: true), left => left.Count == 0);

    /// <summary>It returns when the service has converged.</summary>
    public Task CreateAsync(string service) => Manager.CreateServiceAsync(service);
}
