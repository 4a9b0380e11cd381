using System.Diagnostics;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

/// <summary>Three managers on hosts that get a twentieth of this machine each for SKEIN_TEST_SLOW_SECONDS (a minute).</summary>
[Collection(Alone.Name)]
public sealed class SlowHostTests(LeaderTests.ThreeManagers lab) : IClassFixture<LeaderTests.ThreeManagers>
{
    private static readonly double Twentieth = Environment.ProcessorCount / 20.0;

    private static readonly TimeSpan Duration =
        TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("SKEIN_TEST_SLOW_SECONDS"), out var seconds) ? seconds : 60);

    [Fact]
    public async Task Managers_on_starved_hosts_settle_and_no_healthy_task_moves()
    {
        var docker = lab.Host(1);
        await docker.CreateServiceAsync("--name calm --replicas 6 httpd");
        var before = await TasksAsync(docker);
        List<HostCpu> hosts = [.. Enumerable.Range(1, lab.Hosts).Select(host => new HostCpu(lab.Name, host))];
        try
        {
            await StarveAsync(hosts);
            var clock = Stopwatch.StartNew();
            // Spent looking, not asleep: what the managers answer is part of their load.
            while (clock.Elapsed < Duration) await docker.RunAsync("node", "ls");
        }
        finally
        {
            foreach (var host in hosts) host.Free();
        }
        Assert.Equal(before, await TasksAsync(docker));
        await Poll.UntilAsync(
            "one of three managers leads, and all are in reach",
            () => docker.LinesOfAsync("node ls --format {{.Status}}/{{.ManagerStatus}}"),
            nodes => nodes.Order().SequenceEqual(["Ready/Leader", "Ready/Reachable", "Ready/Reachable"]));
        await docker.OutputOfAsync("service rm calm");
    }

    /// <summary>On a fast machine managers at rest live on a twentieth of it: they are asked until they want for it.</summary>
    private async Task StarveAsync(List<HostCpu> hosts)
    {
        foreach (var host in hosts) host.Limit(Twentieth);
        await Poll.UntilAsync("the hosts are starved", async () =>
        {
            await Task.WhenAll(Enumerable.Range(1, lab.Hosts).Select(host => lab.Host(host).RunAsync("node", "ls")));
            return hosts.All(host => host.Throttled() > 10);
        }, starved => starved);
    }

    /// <summary>All that there ever were: a task that moved leaves its predecessor in the list.</summary>
    private static async Task<string[]> TasksAsync(Docker docker) =>
        [.. (await docker.LinesOfAsync("service ps --no-trunc --format {{.ID}}@{{.Node}}={{.DesiredState}} calm")).Order(StringComparer.Ordinal)];
}
