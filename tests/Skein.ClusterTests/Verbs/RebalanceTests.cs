using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class RebalanceTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_node_that_returns_is_given_tasks_while_all_that_are_wanted_run()
    {
        await Manager.OutputOfAsync("node update --availability drain h3");
        await swarm.CreateAsync("--name even --replicas 6 --label skein.rebalance=1s --stop-grace-period 1s busybox sleep 100000");
        await swarm.CreateAsync("--name stay --replicas 4 --stop-grace-period 0s busybox sleep 100000");
        await Manager.OutputOfAsync("node update --availability active h3");
        await Poll.UntilAsync("each host has two", () => PerNodeAsync("even"), hosts =>
        {
            Assert.True(hosts.Sum() >= 6, $"only {hosts.Sum()} of 6 run");
            return hosts is [2, 2, 2];
        });
        var stayed = await PerNodeAsync("stay");
        Assert.Equal([2, 2, 0], stayed);
        var told = await Manager.RunAsync("service", "ps", "even", "--no-trunc", "--filter", "desired-state=shutdown", "--format", "{{.Error}}");
        Assert.Contains("moved to h3 to even out the service's tasks (skein.rebalance)", told.Lines().Select(line => line.Trim('"')));
        await Manager.OutputOfAsync("service rm even stay");
        await swarm.NoContainerOfAsync("even");
        await swarm.NoContainerOfAsync("stay");
    }

    [Fact]
    public async Task A_value_that_is_none_is_refused()
    {
        var refused = await Manager.RunAsync("service", "create", "--detach", "--label", "skein.rebalance=yes", "busybox");
        Assert.Contains("label skein.rebalance=yes: must be on, off, or the pause between two moves, from 1s to 24h", refused.Errors);
    }

    private async Task<int[]> PerNodeAsync(string service)
    {
        var running = (await Manager.RunAsync("service", "ps", service, "--filter", "desired-state=running", "--format", "{{.Node}} {{.CurrentState}}")).Lines();
        return [.. ((string[])["h1", "h2", "h3"]).Select(host => running.Count(line => line.StartsWith(host + " Running", StringComparison.Ordinal)))];
    }
}
