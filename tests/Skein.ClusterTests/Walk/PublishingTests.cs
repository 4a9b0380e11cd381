using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(nameof(TestedSwarm))]
public sealed class PublishingTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_published_port_is_reached_from_containers_and_hosts_by_the_address_of_every_host()
    {
        await swarm.CreateAsync("--name shop --constraint node.hostname==h2 --publish 8122:80 httpd");
        await swarm.CreateAsync("--name customer --mode global --stop-grace-period 0s busybox sleep 100000");
        for (var host = 1; host <= 3; host++) await swarm.IsOpenAsync(LabFixture.Address(host), 8122);
        for (var from = 1; from <= 3; from++)
        {
            var customer = Assert.Single(await swarm.Host(from).ContainersOfAsync("customer"));
            for (var to = 1; to <= 3; to++)
            {
                var url = $"http://{LabFixture.Address(to)}:8122/";
                Assert.Contains("It works!", await swarm.Host(from).OutputOfAsync($"exec {customer} timeout 20 wget -q -O - {url}"), StringComparison.Ordinal);
                var page = await swarm.InsideAsync(from, $"curl -s -m 20 {url}");
                // Another host is seen by its own address; a host that asks itself, by docker_gwbridge's or its own.
                if (from != to) Assert.Contains($"client {LabFixture.Address(from)}<", page, StringComparison.Ordinal);
                else Assert.Contains("It works!", page, StringComparison.Ordinal);
            }
        }

        await Manager.OutputOfAsync("service rm shop customer");
    }

    [Fact]
    public async Task A_port_of_the_host_answers_there_alone_with_the_clients_address()
    {
        await swarm.CreateAsync("--name stall --constraint node.hostname==h2 --publish mode=host,published=8123,target=80 httpd");
        await swarm.IsOpenAsync(LabFixture.Address(2), 8123);
        Assert.Contains("client 192.168.56.254<", await swarm.InsideAsync(0, $"curl -s -m 20 http://{LabFixture.Address(2)}:8123/"), StringComparison.Ordinal);
        Assert.Contains("It works!", await swarm.InsideAsync(2, "curl -s -m 20 http://127.0.0.1:8123/"), StringComparison.Ordinal);
        foreach (var host in (int[])[1, 3])
            Assert.Equal(7, (await swarm.TryInsideAsync(0, $"curl -s -m 20 http://{LabFixture.Address(host)}:8123/")).ExitCode);    // connection refused
        await Manager.OutputOfAsync("service rm stall");
        await Poll.UntilAsync(
            "the port is closed again", () => swarm.TryInsideAsync(0, $"curl -s -m 3 http://{LabFixture.Address(2)}:8123/"), result => result.ExitCode == 7);
    }
}
