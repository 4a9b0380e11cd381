using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

public sealed class LeavingTests(LeavingTests.TwoHosts lab) : IClassFixture<LeavingTests.TwoHosts>
{
    [Fact]
    public async Task A_node_that_leaves_with_containers_running_leaves_nothing_of_the_swarm_on_its_host()
    {
        var (manager, docker) = (lab.Host(1), lab.Host(2));
        var before = await HostInventory.ReadAsync(lab, 2);
        await manager.OutputOfAsync($"swarm init --advertise-addr {LabFixture.Address(1)}");
        await JoinServeAndLeaveAsync("worker", "swarm leave");
        await JoinServeAndLeaveAsync("manager", "swarm leave --force");

        async Task JoinServeAndLeaveAsync(string role, string leave)
        {
            var token = await manager.OutputOfAsync($"swarm join-token --quiet {role}");
            await docker.OutputOfAsync($"swarm join --token {token} {LabFixture.Address(1)}:2377");
            await manager.OutputOfAsync("network create -d overlay " + role);
            await manager.CreateServiceAsync($"--name {role} --mode global --network {role} --publish 8124:80 httpd");
            Assert.Single(await docker.ContainersOfAsync(role));
            await lab.IsOpenAsync(LabFixture.Address(2), 8124);
            Assert.Contains("It works!", await lab.InsideAsync(0, $"curl -s -m 20 http://{LabFixture.Address(2)}:8124/"), StringComparison.Ordinal);

            Assert.Equal("Node left the swarm.", await docker.OutputOfAsync(leave));
            Assert.Equal("inactive", await docker.OutputOfAsync("info --format {{.Swarm.LocalNodeState}}"));
            await HostInventory.IsAgainAsync(before, lab, 2);
            await manager.RunAsync("service", "rm", role);
        }
    }

    public sealed class TwoHosts() : LabFixture(2);
}
