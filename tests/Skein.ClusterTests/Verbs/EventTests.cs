using System.Globalization;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class EventTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task What_happens_to_services_networks_nodes_and_containers_is_told()
    {
        var began = Seconds(DateTimeOffset.UtcNow);
        await Manager.OutputOfAsync("network create -d overlay told");
        await Manager.OutputOfAsync("service create --quiet --detach --name told --network told --constraint node.hostname==h1 httpd");
        await Manager.RunningAsync("told", 1);
        await Manager.OutputOfAsync("service scale --detach told=2");
        await Manager.RunningAsync("told", 2);
        await Manager.OutputOfAsync("node update --availability pause h3");
        await Manager.OutputOfAsync("node update --availability active h3");
        await Manager.OutputOfAsync("service rm told");
        await Manager.RemoveNetworkAsync("told");

        var swarms = await Poll.UntilAsync(
            "the removal of the network is told", () => EventsAsync(began, "scope=swarm", "type=service", "type=network", "type=node"), all => all.Contains("network remove told"));
        Assert.Equal(["network create told", "service create told", "service update told", "service remove told", "network remove told"], swarms.Where(e => e.EndsWith(" told", StringComparison.Ordinal)));
        // A node that missed its beats is told of as well.
        Assert.InRange(swarms.Count(e => e == "node update h3"), 2, int.MaxValue);

        var containers = await Poll.UntilAsync(
            "the removal of both containers is told", () => EventsAsync(began, "type=container"), all => Of(all, "destroy") == 2);
        foreach (var action in (string[])["create", "start", "die"]) Assert.Equal(2, Of(containers, action));
    }

    private static int Of(string[] events, string action) => events.Count(e => e.StartsWith($"container {action} told.", StringComparison.Ordinal));

    private static string Seconds(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private async Task<string[]> EventsAsync(string since, params string[] filters) => (await Manager.RunAsync(
        [
            "events", "--since", since, "--until", Seconds(DateTimeOffset.UtcNow), "--format", "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}",
            .. filters.SelectMany(f => (string[])["--filter", f]),
        ])).Lines();
}
