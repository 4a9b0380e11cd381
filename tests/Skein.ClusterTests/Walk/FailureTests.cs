using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(nameof(TestedSwarm))]
public sealed class FailureTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_daemon_that_is_killed_stops_no_container_and_interrupts_no_connection()
    {
        // As long as Docker's: a daemon that is slow to come back is not given up.
        await Manager.OutputOfAsync("swarm update --dispatcher-heartbeat 10s");
        await Manager.OutputOfAsync("network create -d overlay steady");
        await swarm.CreateAsync("--name steady --mode global --network steady --publish 8081:80 httpd");
        await swarm.IsOpenAsync(LabFixture.Address(2), 8081);
        var docker = swarm.Host(2);
        var before = Assert.Single(await docker.ContainersOfAsync("steady"));
        var started = await docker.OutputOfAsync($"inspect --format {{{{.State.Pid}}}}@{{{{.State.StartedAt}}}} {before}");

        await swarm.InsideAsync(2, "pkill -KILL -x skein");
        // While nobody is at the helm, packets still travel.
        Assert.Contains("It works!", await swarm.InsideAsync(0, $"curl -s -m 20 http://{LabFixture.Address(2)}:8081/"), StringComparison.Ordinal);

        await Poll.UntilAsync("the daemon is back", () => docker.RunAsync("version"), r => r.ExitCode == 0);
        Assert.Equal(started, await docker.OutputOfAsync($"inspect --format {{{{.State.Pid}}}}@{{{{.State.StartedAt}}}} {before}"));
        await swarm.AllReadyAsync();
        Assert.Equal("ok", await docker.OutputOfAsync($"exec {before} echo ok"));

        // It is managed as before: its death is seen, and answered.
        await docker.OutputOfAsync($"kill {before}");
        await Poll.UntilAsync(
            "the killed container is replaced",
            () => docker.ContainersOfAsync("steady"),
            now => now is [var other] && other != before);
        await Manager.OutputOfAsync("service rm steady");
        await Manager.OutputOfAsync("swarm update --dispatcher-heartbeat 1s");
    }

    [Fact]
    public async Task A_host_that_loses_its_power_is_replaced_and_comes_back_without_ghosts()
    {
        await swarm.CreateAsync("--name moving --replicas 6 httpd");
        var lost = await swarm.Host(3).ContainersOfAsync("moving");
        Assert.NotEmpty(lost);

        await swarm.LabAsync("kill", "h3");
        await Poll.UntilAsync(
            "the node is down",
            () => Manager.OutputOfAsync("node ls --filter name=h3 --format {{.Status}}"),
            status => status == "Down");
        await Poll.UntilAsync(
            "six tasks run on the other two",
            () => Manager.StatesOfAsync("moving"),
            states => states.Length == 6 && states.All(s => s.StartsWith("Running", StringComparison.Ordinal) && !s.Contains("on h3", StringComparison.Ordinal)));

        await swarm.LabAsync("start", "h3");
        await swarm.AllReadyAsync();
        await Poll.UntilAsync(
            "no container of before runs on the host that came back",
            () => swarm.Host(3).ContainersOfAsync("moving"),
            now => !now.Intersect(lost).Any());
        await Manager.RunningAsync("moving", 6);
        await Manager.OutputOfAsync("service rm moving");
    }
}
