using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(Alone.Name)]
public sealed class PlannedStopTests(SwarmFixture swarm) : IClassFixture<SwarmFixture>
{
    private const int Port = 8130;

    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task No_connection_is_refused_by_an_update_a_scale_down_or_a_drain()
    {
        await Manager.OutputOfAsync("network create -d overlay planned");
        await swarm.CreateAsync($"--name planned --network planned --replicas 3 --publish {Port}:80 httpd");
        await swarm.CreateAsync("--name turns --network planned --replicas 3 --endpoint-mode dnsrr httpd");
        await swarm.CreateAsync("--name asker --network planned --constraint node.hostname==h1 --stop-grace-period 0s busybox sleep 100000");
        var asker = Assert.Single(await Manager.ContainersOfAsync("asker"));
        var pid = await Manager.OutputOfAsync($"inspect --format {{{{.State.Pid}}}} {asker}");
        var virtualAddress = (await Manager.LinesOfAsync($"exec {asker} nslookup -type=a planned")).Last(l => l.StartsWith("Address", StringComparison.Ordinal)).Split(' ')[1];

        for (var host = 1; host <= 3; host++) await swarm.IsOpenAsync(LabFixture.Address(host), Port);
        ConnectionLoad[] loads =
        [
            ConnectionLoad.ByAddress("mesh", LabFixture.Program, Inside("lan"), from host in Enumerable.Range(1, 3) select $"{LabFixture.Address(host)}:{Port}"),
            ConnectionLoad.ByAddress("virtual address", LabFixture.Program, [.. Inside("h1"), "nsenter", "--net", "--target", pid], $"{virtualAddress}:80"),
            ConnectionLoad.ByName("names in turn", Manager, asker, "turns"),
        ];
        foreach (var service in (string[])["planned", "turns"])
        {
            foreach (var order in (string[])["stop-first", "start-first"])
            {
                await Manager.OutputOfAsync($"service update --quiet --force --update-order {order} {service}");
                await Manager.RunningAsync(service, 3);
            }
            foreach (var replicas in (int[])[5, 2, 3])
            {
                await Manager.OutputOfAsync($"service scale --detach {service}={replicas}");
                await Manager.RunningAsync(service, replicas);
            }
        }
        await Manager.OutputOfAsync("node update --availability drain h3");
        await Poll.UntilAsync("h3 is empty", () => swarm.Host(3).LinesOfAsync("ps --quiet"), left => left.Length == 0);
        await Manager.OutputOfAsync("node update --availability active h3");
        await Manager.RunningAsync("planned", 3);
        foreach (var load in loads) await load.EndAsync(least: 50);

        await Manager.OutputOfAsync("service rm planned turns asker");
        await Manager.RemoveNetworkAsync("planned");
    }

    [Fact]
    public async Task An_open_connection_lives_through_the_grace_period()
    {
        // busybox as the first process takes no SIGTERM: it lives until its grace period is over.
        await swarm.CreateAsync($"--name graceful --constraint node.hostname==h2 --stop-grace-period 30s --publish {Port + 1}:7000 --publish mode=host,published={Port + 2},target=7000 busybox nc -ll -p 7000 -e cat");
        await using var byMesh = await swarm.TalkFromLanAsync(LabFixture.Address(1), Port + 1);
        await using var byHostPort = await swarm.TalkFromLanAsync(LabFixture.Address(2), Port + 2);
        await Manager.OutputOfAsync("service scale --detach graceful=0");
        await Poll.UntilAsync(
            "nobody new is led to it",
            () => swarm.TryInsideAsync(0, $"bash -c 'exec 3<>/dev/tcp/{LabFixture.Address(1)}/{Port + 1}'"),
            result => result.ExitCode != 0);
        await byMesh.SayAsync();
        await byHostPort.SayAsync();
        // It has shown that it lives; the rest of its half minute need not be waited for.
        await swarm.Host(2).OutputOfAsync($"kill {Assert.Single(await swarm.Host(2).ContainersOfAsync("graceful"))}");
        await Manager.OutputOfAsync("service rm graceful");
        await swarm.NoContainerOfAsync("graceful");
    }

    private string[] Inside(string host) => ["lab", "--name", swarm.Name, "exec", host, "--"];
}
