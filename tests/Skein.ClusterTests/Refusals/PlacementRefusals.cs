using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Refusals;

/// <summary>Wishes that are accepted and cannot be met: the service stays, and `service ps` gives the reason.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class PlacementRefusals(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task An_image_that_does_not_exist()
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name imageless --restart-delay 1s nosuchimage:1");
        await ReasonAsync("imageless", r => r.StartsWith("Rejected", StringComparison.Ordinal) && r.Contains("No such image: nosuchimage:1", StringComparison.Ordinal));
        Assert.Equal("imageless 0/1", await Manager.OutputOfAsync("service ls --filter name=imageless --format {{.Name}}@{{.Replicas}}").Spaced());
        // It heals when it is told of one that does.
        await Manager.OutputOfAsync("service update --quiet --detach --image httpd imageless");
        await Manager.RunningAsync("imageless", 1);
        await Manager.OutputOfAsync("service rm imageless");
    }

    [Fact]
    public async Task No_node_that_suits()
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name moonly --constraint node.labels.zone==moon httpd");
        await Manager.OutputOfAsync("service create --quiet --detach --name greedy --reserve-memory 4000g httpd");
        await ReasonAsync("moonly", r => r.StartsWith("Pending", StringComparison.Ordinal) && r.EndsWith("\"no suitable node (scheduling constraints not satisfied on 3 nodes)\"", StringComparison.Ordinal));
        await ReasonAsync("greedy", r => r.StartsWith("Pending", StringComparison.Ordinal) && r.EndsWith("\"no suitable node (insufficient resources on 3 nodes)\"", StringComparison.Ordinal));
        // A label makes a node suit.
        await Manager.OutputOfAsync("node update --label-add zone=moon h3");
        Assert.Contains("on h3", Assert.Single(await Manager.RunningAsync("moonly", 1)), StringComparison.Ordinal);
        await Manager.OutputOfAsync("node update --label-rm zone h3");
        await Manager.OutputOfAsync("service rm moonly greedy");
    }

    [Fact]
    public async Task A_host_port_taken_on_every_node()
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name ported --replicas 4 --publish published=8103,target=80,mode=host httpd");
        await ReasonAsync("ported", r => r.StartsWith("Pending", StringComparison.Ordinal) && r.EndsWith("\"no suitable node (host-mode port already in use on 3 nodes)\"", StringComparison.Ordinal));
        await Poll.UntilAsync(
            "three of four run",
            () => Manager.StatesOfAsync("ported"),
            states => states.Count(s => s.StartsWith("Running", StringComparison.Ordinal)) == 3);
        await Manager.OutputOfAsync("service rm ported");
    }

    [Fact]
    public async Task Out_of_addresses_until_another_gives_some_back()
    {
        // Six addresses: the gateway's, a virtual one for each service, three for tasks.
        var network = await Manager.OutputOfAsync("network create -d overlay --subnet 10.32.0.0/29 tiny");
        await Manager.OutputOfAsync("service create --quiet --detach --name early --replicas 2 --network tiny httpd");
        await Manager.RunningAsync("early", 2);
        await Manager.OutputOfAsync("service create --quiet --detach --name late --replicas 2 --network tiny httpd");
        await ReasonAsync(
            "late",
            r => r.StartsWith("New", StringComparison.Ordinal)
                && r.Contains("failed to allocate network IP for task ", StringComparison.Ordinal)
                && r.EndsWith($" network {network}: could not find an available IP\"", StringComparison.Ordinal));
        await Manager.OutputOfAsync("service scale --detach early=1");
        await Manager.RunningAsync("late", 2);
        await Manager.OutputOfAsync("service rm early late");
        await Manager.RemoveNetworkAsync("tiny");
    }

    private Task<string[]> ReasonAsync(string service, Func<string, bool> isIt) => Poll.UntilAsync(
        $"service ps {service} gives the reason",
        async () => (await Manager.RunAsync("service", "ps", service, "--no-trunc", "--format", "{{.CurrentState}} {{.Error}}")).Lines(),
        rows => rows.Any(isIt));
}
