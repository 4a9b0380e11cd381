using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class ContainerTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Theory]
    [InlineData("stop")]
    [InlineData("rm --force")]
    public async Task A_container_taken_from_the_swarm_is_replaced(string verb)
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name bereft --restart-delay 0s httpd");
        await Manager.RunningAsync("bereft", 1);
        var (host, first) = await swarm.AnyContainerOfAsync("bereft");
        Assert.Equal(first, await swarm.Host(host).OutputOfAsync($"{verb} {first}"));
        await Poll.UntilAsync(
            "another runs in its place",
            Poll.Seconds(20),
            AllOfBereftAsync,
            now => now is [var other] && other != first);
        await Manager.RunningAsync("bereft", 1);
        await Manager.OutputOfAsync("service rm bereft");
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
        await Poll.UntilAsync("it has said ten lines", Poll.Seconds(20), () => docker.LinesOfAsync($"logs {id}"), lines => lines.Length >= 10);
        await docker.OutputOfAsync($"stop {id}");
        var lines = (await following).Lines();
        Assert.Equal("line 1", lines[0]);
        Assert.Equal("farewell", lines[^1]);
        Assert.Equal(Enumerable.Range(1, lines.Length - 1).Select(i => $"line {i}"), lines[..^1]);
        Assert.Equal(["farewell"], await docker.LinesOfAsync($"logs --tail 1 {id}"));
        await Manager.OutputOfAsync("service rm talker");
    }

    private async Task<string[]> AllOfBereftAsync()
    {
        List<string> all = [];
        for (var host = 1; host <= swarm.Hosts; host++) all.AddRange(await swarm.Host(host).ContainersOfAsync("bereft"));
        return [.. all];
    }
}
