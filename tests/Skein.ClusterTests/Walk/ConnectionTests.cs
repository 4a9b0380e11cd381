using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(nameof(TestedSwarm))]
public sealed class ConnectionTests(SwarmFixture swarm)
{
    private const int Port = 8120;

    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task Connections_outlive_every_daemon_on_their_way_and_changes_of_the_service()
    {
        // As long as Docker's: a daemon that is slow to come back is not given up.
        await Manager.OutputOfAsync("swarm update --dispatcher-heartbeat 10s");
        await Manager.OutputOfAsync("network create -d overlay lasting");
        await swarm.CreateAsync($"--name echo --network lasting --constraint node.hostname==h2 --publish {Port}:7000 --stop-grace-period 0s busybox nc -ll -p 7000 -e cat");
        await swarm.CreateAsync("--name caller --network lasting --constraint node.hostname==h3 --stop-grace-period 0s busybox sleep 100000");
        var caller = Assert.Single(await swarm.Host(3).ContainersOfAsync("caller"));
        var virtualAddress = (await swarm.Host(3).LinesOfAsync($"exec {caller} nslookup -type=a echo")).Last(l => l.StartsWith("Address", StringComparison.Ordinal)).Split(' ')[1];

        await swarm.CreateAsync($"--name ofhost --constraint node.hostname==h2 --publish mode=host,published={Port + 2},target=7000 --stop-grace-period 0s busybox nc -ll -p 7000 -e cat");

        // By the mesh of h1 to the task on h2; by that of h2 itself; by a port of h2; and from h3 by the virtual address.
        await using var byMesh = await swarm.TalkFromLanAsync(LabFixture.Address(1), Port);
        await using var direct = await swarm.TalkFromLanAsync(LabFixture.Address(2), Port);
        await using var byHostPort = await swarm.TalkFromLanAsync(LabFixture.Address(2), Port + 2);
        await using var byVirtualAddress = await swarm.TalkFromContainerAsync(3, caller, virtualAddress, 7000);
        Conversation[] all = [byMesh, direct, byHostPort, byVirtualAddress];

        foreach (var signal in (string[])["KILL", "TERM"])
        {
            for (var host = 1; host <= 3; host++) await RestartAsync(host, signal, () => SayAllAsync(all));
        }

        // Another service comes and goes, and its port: who talks to the first is not disturbed.
        await swarm.AllReadyAsync();
        await swarm.CreateAsync($"--name other --mode global --network lasting --publish {Port + 1}:80 httpd");
        await SayAllAsync(all);
        await Manager.OutputOfAsync("service rm other");
        await swarm.NoContainerOfAsync("other");
        await SayAllAsync(all);

        await Manager.OutputOfAsync("service rm echo caller ofhost");
        await Manager.RemoveNetworkAsync("lasting");
        await Manager.OutputOfAsync("swarm update --dispatcher-heartbeat 1s");
    }

    /// <summary>Speaks all the time from the death of the daemon until its successor has taken everything over.</summary>
    private async Task RestartAsync(int host, string signal, Func<Task> speak)
    {
        var before = await swarm.InsideAsync(host, "pidof -s skein");
        var took = TakenOver();
        await swarm.InsideAsync(host, $"kill -{signal} {before}");
        await UntilAsync($"another daemon answers on h{host} after SIG{signal}", () => swarm.TryInsideAsync(host, "pidof -s skein"), found => found.ExitCode == 0 && found.Output.Trim() != before);
        await UntilAsync("it has taken over what runs", () => Task.FromResult(TakenOver()), now => now > took);
        await UntilAsync("it is in session", () => Manager.RunAsync("node", "ls", "--format", "{{.Status}}"), nodes => nodes.ExitCode == 0 && nodes.Lines().All(s => s == "Ready"));

        Task UntilAsync<T>(string what, Func<Task<T>> read, Func<T, bool> holds) => Poll.UntilAsync(what, async () =>
        {
            await speak();
            return await read();
        }, holds);

        int TakenOver() => File.ReadAllText($"/var/lib/skein-lab-{swarm.Name}/h{host}/log/skein.log").Split(" took over ").Length;
    }

    private static async Task SayAllAsync(IEnumerable<Conversation> all)
    {
        foreach (var conversation in all) await conversation.SayAsync();
    }
}
