using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

public sealed class RemovalTests(SwarmFixture swarm) : IClassFixture<SwarmFixture>
{
    [Fact]
    public async Task A_service_and_its_network_that_were_removed_left_nothing_on_any_host()
    {
        // The first service of a host makes what stays: docker_gwbridge, the ingress network.
        await WalkAsync("first");
        List<string> before = [];
        for (var host = 1; host <= 3; host++)
            before.Add(await HostInventory.SettledAsync(swarm, host));

        await WalkAsync("second");
        for (var host = 1; host <= 3; host++)
            await HostInventory.IsAgainAsync(before[host - 1], swarm, host);
    }

    private async Task WalkAsync(string name)
    {
        await swarm.Manager.OutputOfAsync($"network create -d overlay {name}");
        await swarm.CreateAsync($"--name {name} --mode global --network {name} --publish 8082:80 httpd");
        await swarm.Manager.OutputOfAsync($"service rm {name}");
        await swarm.Manager.RemoveNetworkAsync(name);
        await swarm.NoContainerOfAsync(name);
    }
}
