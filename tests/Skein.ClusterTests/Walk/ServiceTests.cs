using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(nameof(TestedSwarm))]
public sealed class ServiceTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_service_is_created_scaled_updated_and_removed()
    {
        // With the CLI's own five seconds of looking on: it tells of a convergence only when the update is not over before.
        var created = await Manager.RunAsync("service", "create", "--replicas", "2", "--name", "web", "httpd:latest");
        Assert.Contains("converged", created.Succeeded(), StringComparison.Ordinal);
        Assert.Equal("web replicated 2/2 httpd:latest", await Manager.OutputOfAsync("service ls --format {{.Name}}@{{.Mode}}@{{.Replicas}}@{{.Image}}").Spaced());

        Assert.Contains("converged", await Manager.OutputOfAsync("service scale web=4"), StringComparison.Ordinal);
        await Manager.RunningAsync("web", 4);
        Assert.Contains("converged", await Manager.OutputOfAsync("service update --env-add COLOUR=green web"), StringComparison.Ordinal);
        await Manager.RunningAsync("web", 4);
        var (host, container) = await swarm.AnyContainerOfAsync("web");
        Assert.Contains("COLOUR=green", await swarm.Host(host).LinesOfAsync($"exec {container} env"));
        Assert.Contains("Replicas:\t4", await Manager.OutputOfAsync("service inspect --pretty web"), StringComparison.Ordinal);

        await Manager.OutputOfAsync("service rm web");
        await swarm.NoContainerOfAsync("web");
    }

    [Fact]
    public async Task The_logs_of_a_service_come_from_every_host()
    {
        (await Manager.RunAsync(
            "service", "create", "--quiet", "--update-monitor", "100ms", "--mode", "global", "--name", "talker", "busybox", "sh", "-c", "echo said; echo meant >&2; sleep 1000")).Succeeded();
        await Poll.UntilAsync(
            "each host's line, told apart by task and host",
            () => Manager.LinesOfAsync("service logs talker"),
            lines => lines.Length == 3 && Enumerable.Range(1, 3).All(h => lines.Any(l =>
                l.StartsWith("talker.0.", StringComparison.Ordinal) && l.Contains($"@h{h} ", StringComparison.Ordinal) && l.EndsWith("| said", StringComparison.Ordinal))));
        var task = (await Manager.LinesOfAsync("service ps --quiet talker"))[0];
        // Of two pipes either may be read first: which of the two lines is the last one is not the container's to say.
        Assert.Equal(["said"], await Manager.LinesOfAsync($"service logs --raw --tail 2 {task}"));
        Assert.Empty(await Manager.LinesOfAsync($"service logs --raw --tail 0 {task}"));
        await Manager.OutputOfAsync("service rm talker");
    }

    [Fact]
    public async Task What_cannot_be_placed_says_why()
    {
        await Manager.OutputOfAsync("service create --detach --name nowhere --constraint node.hostname==nobody httpd");
        await Poll.UntilAsync(
            "service ps gives the reason",
            async () => await Manager.OutputOfAsync("service ps nowhere --no-trunc --format {{.CurrentState}}@{{.Error}}").Spaced(),
            text => text.StartsWith("Pending", StringComparison.Ordinal) && text.Contains("no suitable node (scheduling constraints not satisfied", StringComparison.Ordinal));
        await Manager.OutputOfAsync("service rm nowhere");
    }

    [Fact]
    public async Task A_container_that_dies_is_replaced()
    {
        await swarm.CreateAsync("--name mortal --replicas 2 --restart-delay 0s httpd");
        var (host, victim) = await swarm.AnyContainerOfAsync("mortal");
        await swarm.Host(host).OutputOfAsync($"kill {victim}");
        await Poll.UntilAsync(
            "another container runs in its place",
            async () => string.Join(' ', await Manager.StatesOfAsync("mortal")) + " " + string.Join(' ', await swarm.ContainersOfAsync("mortal")),
            text => text.Split("Running").Length == 3 && !text.Contains(victim, StringComparison.Ordinal));
        await Manager.OutputOfAsync("service rm mortal");
    }

    [Fact]
    public async Task A_command_runs_in_a_container_and_its_status_comes_back()
    {
        await swarm.CreateAsync("--name tools httpd");
        var (host, container) = await swarm.AnyContainerOfAsync("tools");
        var docker = swarm.Host(host);
        Assert.Equal("hello", await docker.OutputOfAsync($"exec {container} echo hello"));
        Assert.Equal(7, (await docker.RunAsync("exec", container, "sh", "-c", "exit 7")).ExitCode);
        Assert.Contains("httpd", await docker.OutputOfAsync($"top {container}") + await docker.OutputOfAsync($"logs {container}"), StringComparison.Ordinal);
        await Poll.UntilAsync(
            "it has logged that it works", () => docker.RunAsync("logs", container), logs => logs.ToString().Contains("resuming normal operations", StringComparison.Ordinal));
        Assert.Equal("running", await docker.OutputOfAsync("inspect --format {{.State.Status}} " + container));
        await Manager.OutputOfAsync("service rm tools");
    }
}
