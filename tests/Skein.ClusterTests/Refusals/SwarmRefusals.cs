using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Refusals;

[Collection(nameof(SharedSwarm))]
public sealed class SwarmRefusals(SwarmFixture swarm)
{
    private const string InSwarm = "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another one.";

    private const string Worker =
        "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
        + "Please run this command on a manager node or promote the current node to a manager.";

    private const string Outside =
        "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";

    private Docker Manager => swarm.Manager;

    private static string Address => $"{LabFixture.Address(1)}:2377";

    [Fact]
    public async Task A_host_without_the_token_does_not_get_in()
    {
        var outsider = swarm.Host(3);
        var token = await Manager.OutputOfAsync("swarm join-token --quiet worker");
        await outsider.OutputOfAsync("swarm leave");
        await Poll.UntilAsync(
            "the node that left is down",
            () => Manager.OutputOfAsync("node ls --filter name=h3 --format {{.Status}}"),
            status => status == "Down");
        await Manager.OutputOfAsync("node rm h3");

        var parts = token.Split('-');
        var secret = new string('a', parts[3].Length);
        var digest = new string('0', parts[2].Length);
        await Manager.ChangesNothingAsync(async () =>
        {
            await outsider.RefusesAsync($"swarm join --token nonsense {Address}", "invalid join token");
            await outsider.RefusesAsync($"swarm join {Address}", "rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster");
            await outsider.RefusesAsync($"swarm join --token SWMTKN-1-{digest}-{parts[3]} {Address}", $"remote CA does not match fingerprint. Expected: {new string('0', 64)}");
            await outsider.RefusesAsync(
                $"swarm join --token SWMTKN-1-{parts[2]}-{secret} {Address}",
                "rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster");
            var closed = $"{LabFixture.Address(2)}:2377";
            await outsider.RefusesAsync(
                $"swarm join --token {token} {closed}",
                $"rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial tcp {closed}: connect: connection refused\"");
            Assert.Equal("inactive", await outsider.OutputOfAsync("info --format {{.Swarm.LocalNodeState}}"));
            foreach (var line in (string[])["node ls", "service ls", "service create --name x httpd", "network create -d overlay x"])
                await outsider.RefusesAsync(line, Outside);
            await outsider.RefusesAsync("swarm leave", "This node is not part of a swarm");
        });

        await outsider.OutputOfAsync($"swarm join --token {token} {Address}");
        await swarm.AllReadyAsync();
    }

    [Fact]
    public Task A_node_is_in_one_swarm_only() => Manager.ChangesNothingAsync(async () =>
    {
        var token = await Manager.OutputOfAsync("swarm join-token --quiet manager");
        foreach (var docker in (Docker[])[Manager, swarm.Host(2)])
        {
            await docker.RefusesAsync("swarm init", InSwarm);
            await docker.RefusesAsync($"swarm join --token {token} {Address}", InSwarm);
        }

        await Manager.RefusesAsync(
            "swarm leave",
            "You are attempting to leave the swarm on a node that is participating as a manager. "
            + "Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message.");
    });

    [Fact]
    public Task A_worker_says_whom_to_ask() => Manager.ChangesNothingAsync(async () =>
    {
        foreach (var line in (string[])
                 [
                     "node ls", "node rm h1", "node promote h2", "service ls", "service ps x", "service rm x", "service create --name x httpd",
                     "network create -d overlay x", "swarm join-token worker", "swarm update --task-history-limit 3",
                 ])
            await swarm.Host(2).RefusesAsync(line, Worker);
    });

    [Fact]
    public Task A_node_that_works_stays() => Manager.ChangesNothingAsync(async () =>
    {
        var id = await Manager.OutputOfAsync("node inspect h2 --format {{.ID}}");
        await Manager.RefusesAsync("node rm h2", $"rpc error: code = FailedPrecondition desc = node {id} is not down and can't be removed");
        await Manager.RefusesAsync("node demote h1", "rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm");
        await Manager.RefusesAsync("node update --availability asleep h2", "invalid Availability: \"asleep\"");
        foreach (var line in (string[])["node rm nobody", "node inspect nobody", "node promote nobody", "node update --availability drain nobody"])
            await Manager.RefusesAsync(line, "node nobody not found");
    });
}
