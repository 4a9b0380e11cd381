using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

public sealed class SwarmTests(SwarmTests.ThreeHosts lab) : IClassFixture<SwarmTests.ThreeHosts>
{
    [Fact]
    public async Task A_swarm_is_made_joined_listed_and_left()
    {
        var manager = lab.Host(1);
        var before = await manager.RunAsync("node", "ls");
        Assert.NotEqual(0, before.ExitCode);
        Assert.Contains("This node is not a swarm manager.", before.Errors, StringComparison.Ordinal);

        var init = await manager.OutputOfAsync($"swarm init --advertise-addr {LabFixture.Address(1)}");
        Assert.Contains("Swarm initialized: current node (", init, StringComparison.Ordinal);
        var join = Assert.Single(init.Split('\n'), l => l.Contains("docker swarm join --token SWMTKN-1-", StringComparison.Ordinal)).Trim();
        Assert.EndsWith($"{LabFixture.Address(1)}:2377", join, StringComparison.Ordinal);
        Assert.Contains("This node is already part of a swarm.", (await manager.RunAsync("swarm", "init")).Errors, StringComparison.Ordinal);

        // A token with one character changed opens nothing.
        var token = join.Split(' ')[4];
        var wrong = token[..^1] + (token[^1] == 'a' ? 'b' : 'a');
        Assert.NotEqual(0, (await lab.Host(2).RunAsync("swarm", "join", "--token", wrong, $"{LabFixture.Address(1)}:2377")).ExitCode);
        Assert.Equal("inactive", await lab.Host(2).OutputOfAsync("info --format {{.Swarm.LocalNodeState}}"));

        Assert.Contains("This node joined a swarm as a worker.", await lab.Host(2).OutputOfAsync(join["docker ".Length..]), StringComparison.Ordinal);
        await manager.OutputOfAsync("swarm join-token manager");
        var managerToken = await manager.OutputOfAsync("swarm join-token --quiet manager");
        Assert.NotEqual(token, managerToken);
        Assert.Contains(
            "This node joined a swarm as a manager.",
            await lab.Host(3).OutputOfAsync($"swarm join --token {managerToken} {LabFixture.Address(1)}:2377"),
            StringComparison.Ordinal);

        var nodes = await Poll.UntilAsync(
            "three nodes are ready, two of them managers in reach",
            () => manager.LinesOfAsync("node ls --format {{.Hostname}}/{{.Status}}/{{.Availability}}/{{.ManagerStatus}}/{{.Self}}"),
            lines => lines.Length == 3 && lines.All(l => l.Contains("/Ready/", StringComparison.Ordinal)) && lines.Any(l => l.Contains("/Reachable/", StringComparison.Ordinal)));
        Assert.Contains("h1/Ready/Active/Leader/true", nodes);
        Assert.Contains("h2/Ready/Active//false", nodes);
        Assert.Contains("h3/Ready/Active/Reachable/false", nodes);

        Assert.Contains("Node left the swarm.", await lab.Host(2).OutputOfAsync("swarm leave"), StringComparison.Ordinal);
        await Poll.UntilAsync(
            "the worker that left is down",
            () => manager.OutputOfAsync("node ls --filter name=h2 --format {{.Status}}"),
            status => status == "Down");
        await manager.OutputOfAsync("node rm h2");
        Assert.Equal(2, (await manager.LinesOfAsync("node ls --quiet")).Length);
    }

    public sealed class ThreeHosts() : LabFixture(3);
}
