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
        for (var host = 2; host <= Hosts; host++)
            await Host(host).OutputOfAsync($"swarm join --token {token} {Address(1)}:2377");
        await AllReadyAsync();
    }

    public Task AllReadyAsync(double seconds = 20) => Poll.UntilAsync(
        "every node is ready",
        Poll.Seconds(seconds),
        () => Manager.LinesOfAsync("node ls --format {{.Status}}"),
        states => states.Length == Hosts && states.All(s => s == "Ready"));

    /// <summary>A container of the service, with the host that runs it.</summary>
    public async Task<(int Host, string Id)> AnyContainerOfAsync(string service)
    {
        for (var host = 1; host <= Hosts; host++)
        {
            if (await Host(host).ContainersOfAsync(service) is [var id, ..])
                return (host, id);
        }

        Assert.Fail($"no host has a container of {service}");
        return default;
    }

    /// <summary>Creates a service by the CLI, attached: it returns when the service has converged.</summary>
    public Task CreateAsync(string service) => Manager.OutputOfAsync("service create --quiet " + service);
}
