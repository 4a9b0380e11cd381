using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(nameof(TestedSwarm))]
public sealed class PowerTests(SwarmFixture swarm)
{
    [Fact]
    public async Task When_the_power_of_all_hosts_is_back_the_swarm_is_as_it_was()
    {
        var manager = swarm.Manager;
        await manager.OutputOfAsync("network create -d overlay --subnet 10.40.0.0/24 front");
        await swarm.CreateAsync("--name shop --replicas 3 --network front --publish 8125:80 --stop-grace-period 1s httpd");
        var nodes = await manager.LinesOfAsync("node ls --quiet");
        var lost = await swarm.ContainersOfAsync("shop");

        foreach (var host in (string[])["h3", "h1", "h2"]) await swarm.LabAsync("kill", host);
        Assert.Equal(["off", "off", "off"], (await swarm.LabAsync("ps")).Split('\n').Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]));
        // What runs stays, what is off is switched on: `up` may be given as often as one likes.
        await swarm.LabAsync("up", "--hosts", "3");
        await swarm.LabAsync("up", "--hosts", "3");

        await swarm.AllReadyAsync();
        Assert.Equal(nodes.Order(), (await manager.LinesOfAsync("node ls --quiet")).Order());
        await manager.RunningAsync("shop", 3);
        await Poll.UntilAsync(
            "three containers run, none of them from before",
            () => swarm.ContainersOfAsync("shop"),
            now => now.Count == 3 && !now.Intersect(lost).Any());
        for (var host = 1; host <= 3; host++)
        {
            await Poll.UntilAsync(
                $"h{host} answers for the service",
                () => swarm.TryInsideAsync(0, $"curl -s -m 3 http://{LabFixture.Address(host)}:8125/"),
                page => page.Output.Contains("client 192.168.56.254<", StringComparison.Ordinal));
        }

        await manager.OutputOfAsync("service rm shop");
        await manager.RemoveNetworkAsync("front");
    }

    [Fact]
    public async Task A_container_of_a_user_is_on_its_overlay_at_once_when_its_host_boots_and_no_manager_is_in_reach()
    {
        await swarm.Manager.OutputOfAsync("network create -d overlay --attachable --subnet 10.41.0.0/24 court");
        await swarm.Manager.OutputOfAsync("run -d --name witness --network court busybox sleep 100000");
        await swarm.Host(2).OutputOfAsync("run -d --name judge --restart unless-stopped --network court busybox sleep 100000");
        var address = await AddressAsync();
        Assert.StartsWith("10.41.0.", address, StringComparison.Ordinal);

        await swarm.LabAsync("kill", "h2");
        await swarm.LabAsync("pause", "h1");
        await swarm.LabAsync("start", "h2");
        await Poll.UntilAsync("it runs, with the address that it had", AddressAsync, now => now == address);
        await swarm.LabAsync("resume", "h1");
        await Poll.UntilAsync(
            "it is found by its name", () => swarm.Manager.RunAsync("exec", "witness", "ping", "-c", "1", "-W", "2", "judge"), ran => ran.ExitCode == 0 && ran.Output.Contains($"({address})", StringComparison.Ordinal));

        await swarm.AllReadyAsync();
        await swarm.Host(2).OutputOfAsync("rm -f judge");
        await swarm.Manager.OutputOfAsync("rm -f witness");
        await swarm.Manager.RemoveNetworkAsync("court");

        async Task<string> AddressAsync() =>
            (await swarm.Host(2).OutputOfAsync("inspect -f {{.State.Status}},{{.NetworkSettings.Networks.court.IPAddress}} judge")).Split(',') is ["running", var of] ? of : "";
    }
}
