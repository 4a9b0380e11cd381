using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(nameof(SharedSwarm))]
public sealed class ConnectionTests(SwarmFixture swarm)
{
    private const int Port = 8120;

    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task Connections_outlive_every_daemon_on_their_way_and_changes_of_the_service()
    {
        await Manager.OutputOfAsync("network create -d overlay lasting");
        await swarm.CreateAsync($"--name echo --network lasting --constraint node.hostname==h2 --publish {Port}:7000 busybox nc -ll -p 7000 -e cat");
        await swarm.CreateAsync("--name caller --network lasting --constraint node.hostname==h3 --stop-grace-period 0s busybox sleep 100000");
        var caller = Assert.Single(await swarm.Host(3).ContainersOfAsync("caller"));
        var virtualAddress = (await swarm.Host(3).LinesOfAsync($"exec {caller} nslookup -type=a echo")).Last(l => l.StartsWith("Address", StringComparison.Ordinal)).Split(' ')[1];

        // By the mesh of h1 to the task on h2; by that of h2 itself; and from h3 by the virtual address.
        await using var byMesh = await swarm.TalkFromLanAsync(LabFixture.Address(1), Port);
        await using var direct = await swarm.TalkFromLanAsync(LabFixture.Address(2), Port);
        await using var byVirtualAddress = await swarm.TalkFromContainerAsync(3, caller, virtualAddress, 7000);
        Conversation[] all = [byMesh, direct, byVirtualAddress];

        foreach (var signal in (string[])["KILL", "TERM"])
        {
            for (var host = 1; host <= 3; host++)
            {
                await RestartAsync(host, signal);
                await SayAllAsync(all);
            }
        }

        // Another service comes and goes, and its port: who talks to the first is not disturbed.
        await swarm.AllReadyAsync();
        await swarm.CreateAsync($"--name other --mode global --network lasting --publish {Port + 1}:80 httpd");
        await SayAllAsync(all);
        await Manager.OutputOfAsync("service rm other");
        await swarm.NoContainerOfAsync("other");
        await SayAllAsync(all);

        await Manager.OutputOfAsync("service rm echo caller");
        await Manager.RemoveNetworkAsync("lasting");
    }

    private async Task RestartAsync(int host, string signal)
    {
        var before = await swarm.InsideAsync(host, "pidof -s skein");
        await swarm.InsideAsync(host, $"kill -{signal} {before}");
        await Poll.UntilAsync(
            $"another daemon answers on h{host} after SIG{signal}",
            async () => (Pid: (await swarm.TryInsideAsync(host, "pidof -s skein")).Output.Trim(), Answer: await swarm.Host(host).RunAsync("version")),
            now => now.Pid.Length > 0 && now.Pid != before && now.Answer.ExitCode == 0);
    }

    private static async Task SayAllAsync(IEnumerable<Conversation> all)
    {
        foreach (var conversation in all) await conversation.SayAsync();
    }
}
