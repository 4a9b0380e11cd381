using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class ContainerTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Theory]
    [InlineData("stop", "bereft")]
    [InlineData("rm --force", "bereaved")]
    public async Task A_container_taken_from_the_swarm_is_replaced(string verb, string service)
    {
        await Manager.OutputOfAsync($"service create --quiet --detach --name {service} --restart-delay 0s httpd");
        await Manager.RunningAsync(service, 1);
        var (host, first) = await swarm.AnyContainerOfAsync(service);
        Assert.Equal(first, await swarm.Host(host).OutputOfAsync($"{verb} {first}"));
        await Poll.UntilAsync(
            "another runs in its place",
            () => swarm.ContainersOfAsync(service),
            now => now is [var other] && other.Id != first);
        await Manager.RunningAsync(service, 1);
        await Manager.OutputOfAsync("service rm " + service);
    }

    [Fact]
    public async Task Logs_are_followed_until_the_container_ends()
    {
        // It ends of its own accord, once: following must end with it, and have seen what was said meanwhile.
        var loop = "trap 'echo farewell; exit 0' TERM; i=0; while true; do i=$((i+1)); echo line $i; sleep 0.1; done";
        Assert.Equal(0, (await Manager.RunAsync(
            "service", "create", "--quiet", "--detach", "--name", "talker", "--restart-condition", "none", "busybox", "sh", "-c", loop)).ExitCode);
        await Manager.RunningAsync("talker", 1);
        var (host, id) = await swarm.AnyContainerOfAsync("talker");
        var docker = swarm.Host(host);
        var following = docker.RunAsync("logs", "--follow", id);
        await Poll.UntilAsync("it has said ten lines", () => docker.LinesOfAsync($"logs {id}"), lines => lines.Length >= 10);
        await docker.OutputOfAsync($"stop {id}");
        var lines = (await following).Lines();
        Assert.Equal("line 1", lines[0]);
        Assert.Equal("farewell", lines[^1]);
        Assert.Equal(Enumerable.Range(1, lines.Length - 1).Select(i => $"line {i}"), lines[..^1]);
        Assert.Equal(["farewell"], await docker.LinesOfAsync($"logs --tail 1 {id}"));
        await Manager.OutputOfAsync("service rm talker");
    }

    [Fact]
    public async Task A_container_shows_its_health_its_port_of_the_host_and_its_use()
    {
        await Manager.OutputOfAsync(
            "service create --quiet --detach --name watched --constraint node.hostname==h2 --health-cmd true --health-interval 200ms --publish mode=host,published=8117,target=80 httpd");
        await Manager.OutputOfAsync("service create --quiet --detach --name asking --constraint node.hostname==h2 --stop-grace-period 0s busybox sleep 100000");
        var docker = swarm.Host(2);
        var healthy = await Poll.UntilAsync(
            "its health check has passed", () => docker.LinesOfAsync("ps --filter name=^watched --filter health=healthy --format {{.ID}}|{{.Status}}|{{.Ports}}"), rows => rows.Length == 1);
        var row = healthy[0].Split('|');
        Assert.EndsWith(" (healthy)", row[1], StringComparison.Ordinal);
        Assert.Equal("0.0.0.0:8117->80/tcp", row[2]);
        Assert.Equal("healthy true", (await docker.RunAsync("inspect", "--format", "{{.State.Health.Status}} {{index .Config.Healthcheck.Test 1}}", row[0])).Succeeded());
        Assert.Empty(await docker.LinesOfAsync("ps --quiet --filter name=^watched --filter health=unhealthy"));
        Assert.Equal("80/tcp -> 0.0.0.0:8117", await docker.OutputOfAsync($"port {row[0]}"));
        Assert.StartsWith("watched.1.", await docker.OutputOfAsync($"stats --no-stream --format {{{{.Name}}}} {row[0]}"), StringComparison.Ordinal);

        // Its neighbour asks for it by the host's address, as anybody else does.
        await Manager.RunningAsync("asking", 1);
        var asking = await docker.OutputOfAsync("ps --quiet --filter name=^asking");
        Assert.Contains("It works", await docker.OutputOfAsync($"exec {asking} timeout 20 wget -qO- http://{SwarmFixture.Address(2)}:8117/"), StringComparison.Ordinal);
        await Manager.OutputOfAsync("service rm watched asking");
    }
}
