using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(nameof(TestedSwarm))]
public sealed class PartitionTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_host_that_is_cut_off_keeps_what_it_runs_and_gives_it_up_when_it_is_back()
    {
        await swarm.CreateAsync("--name spread --replicas 6 --stop-grace-period 1s httpd");
        var cutOff = swarm.Host(3);
        var kept = await cutOff.ContainersOfAsync("spread");
        Assert.Equal(2, kept.Length);

        await swarm.LabAsync("pause", "h3");
        Assert.Contains("h3   192.168.56.13 paused", await swarm.LabAsync("ps"), StringComparison.Ordinal);
        await StatusOfThirdAsync("Down");
        await Poll.UntilAsync(
            "six tasks run on the hosts in reach",
            () => Manager.StatesOfAsync("spread"),
            states => states.Length == 6 && states.All(s => s.StartsWith("Running", StringComparison.Ordinal) && !s.Contains("on h3", StringComparison.Ordinal)));

        // Nobody is there to tell it otherwise: what it runs goes on.
        Assert.Equal(kept.Order(), (await cutOff.ContainersOfAsync("spread")).Order());
        Assert.Equal("alive", await cutOff.OutputOfAsync($"exec {kept[0]} echo alive"));

        await swarm.LabAsync("resume", "h3");
        await StatusOfThirdAsync("Ready");
        await Poll.UntilAsync("the host has given up what runs elsewhere", () => cutOff.ContainersOfAsync("spread"), now => now.Length == 0);
        await Manager.RunningAsync("spread", 6);
        Assert.Equal(6, (await swarm.ContainersOfAsync("spread")).Count);

        // It is a node as before: what is new comes to it.
        await Manager.OutputOfAsync("service scale --detach spread=9");
        await Manager.RunningAsync("spread", 9);
        Assert.Equal(3, (await cutOff.ContainersOfAsync("spread")).Length);
        await Manager.OutputOfAsync("service rm spread");
    }

    [Fact]
    public async Task A_short_cut_moves_nothing_and_breaks_no_connection()
    {
        await Manager.OutputOfAsync("swarm update --dispatcher-heartbeat 10s");
        await swarm.CreateAsync("--name echo --constraint node.hostname==h3 --publish 8121:7000 busybox nc -ll -p 7000 -e cat");
        var before = await swarm.Host(3).ContainersOfAsync("echo");
        await using var conversation = await swarm.TalkFromLanAsync(LabFixture.Address(1), 8121);

        await swarm.LabAsync("pause", "h3");
        Assert.NotEqual(0, (await swarm.TryInsideAsync(0, $"ping -c 1 -W 1 {LabFixture.Address(3)}")).ExitCode);
        await swarm.LabAsync("resume", "h3");

        await conversation.SayAsync();
        Assert.Equal(before, await swarm.Host(3).ContainersOfAsync("echo"));
        await Manager.OutputOfAsync("service rm echo");
        await Manager.OutputOfAsync("swarm update --dispatcher-heartbeat 1s");
    }

    private Task StatusOfThirdAsync(string expected) => Poll.UntilAsync(
        $"h3 is {expected}", () => Manager.OutputOfAsync("node ls --filter name=h3 --format {{.Status}}"), status => status == expected);
}
