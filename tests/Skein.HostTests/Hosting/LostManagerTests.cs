using System.Diagnostics;
using Skein.Api.Swarm;
using Skein.Manager.Store;
using Skein.Model;
using Skein.NodeLife;
using Xunit;

namespace Skein.HostTests.Hosting;

/// <summary>Managers that stop, one or most of them, and what becomes of their places.</summary>
public class LostManagerTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Three_managers_survive_the_loss_of_the_leader()
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var watch = Stopwatch.StartNew();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        output.WriteLine($"second manager after {watch.ElapsedMilliseconds} ms");
        var third = await hosts.JoinAsync(first, NodeRole.Manager);
        output.WriteLine($"third manager after {watch.ElapsedMilliseconds} ms");
        await hosts.UntilAsync("the second knows all three", () => second.Node.Control!.Snapshot.Nodes.All.Count(node => node.ManagerStatus is not null) == 3);
        Assert.False(hosts.Logged("etcd ended"), "the first's etcd was started anew on purpose");

        watch.Restart();
        await first.StopAsync();
        await third.Node.Control!.CreateNetworkAsync(SwarmHosts.Overlay("after"), default).WaitAsync(Poll.Patience);
        output.WriteLine($"a write after {watch.ElapsedMilliseconds} ms");
        await hosts.UntilAsync("another leads", () => third.Node.Control.Snapshot.Leader is { } leader && leader.ManagerId != first.Node.NodeId);

        await first.RestartAsync();
        await hosts.UntilAsync("the first is a manager again", () => first.Node.Control is not null);
        await hosts.UntilAsync("it sees what it missed", () => first.Node.Control!.Snapshot.Networks.All.Any(network => network.Spec.Annotations.Name == "after"));
    }

    [Fact]
    public async Task A_manager_without_a_majority_says_so_to_reads_and_writes_until_it_has_one()
    {
        const string noLeader =
            "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. " +
            "Make sure more than half of the managers are online.";
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        var third = await hosts.JoinAsync(first, NodeRole.Manager);
        Assert.NotNull(first.Node.ManagerControl());
        await second.StopAsync();
        await third.StopAsync();

        var refused = await Assert.ThrowsAsync<SkeinException>(() => first.Node.Control!.CreateNetworkAsync(SwarmHosts.Overlay("lost"), default).WaitAsync(Poll.Patience));
        Assert.Equal((ErrorKind.Unavailable, noLeader), (refused.Kind, refused.Message));
        await hosts.UntilAsync("the majority is missed", () => first.Node.LacksLeader);
        Assert.Equal(noLeader, Assert.Throws<SkeinException>(first.Node.ManagerControl).Message);
        Assert.Equal(noLeader, SwarmInfoJson.From(first.Node).Error);

        await first.RestartAsync();
        Assert.Equal(noLeader, Assert.Throws<SkeinException>(first.Node.ManagerControl).Message);   // a manager, though one that knows nothing

        await second.RestartAsync();
        await hosts.UntilAsync("there is a majority again", () => !first.Node.LacksLeader);
        await first.Node.ManagerControl().CreateNetworkAsync(SwarmHosts.Overlay("found"), default).WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task A_dead_manager_that_is_demoted_counts_no_more_and_comes_back_as_a_worker()
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        var third = await hosts.JoinAsync(first, NodeRole.Manager);
        Node Stored(SwarmHost host) => first.Node.Control!.Snapshot.Nodes.Find(host.Node.NodeId)!;

        var dead = third.Node.NodeId;
        await third.StopAsync();
        await hosts.UntilAsync("it is out of reach", () => Stored(third).ManagerStatus.Reachability == Reachability.Unreachable);
        await hosts.SetRoleAsync(first, third, NodeRole.Worker);
        await hosts.UntilAsync("it is no manager any more", () => Stored(third).ManagerStatus is null);

        // Were it still a member, two of three would be gone now, and no write could land.
        await hosts.SetRoleAsync(first, second, NodeRole.Worker);
        await hosts.UntilAsync("the second has left", () => second.Node.Control is null && Stored(second).ManagerStatus is null);
        await first.Node.Control!.CreateNetworkAsync(SwarmHosts.Overlay("alone"), default).WaitAsync(Poll.Patience);

        await third.RestartAsync();
        await hosts.UntilAsync("it is a worker", () => third.Identity.Current.Name.Role == NodeRole.Worker && Stored(third).Status.State == NodeState.Ready);
        await hosts.UntilAsync("its etcd is gone", () => !Directory.Exists(Path.Combine(third.Options.SwarmFolder, "etcd")));
        Assert.Equal(dead, third.Node.NodeId);
    }

    [Fact]
    public async Task Managers_that_left_by_force_count_no_more_not_even_the_first()
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        var third = await hosts.JoinAsync(first, NodeRole.Manager);
        var gone = new[] { first.Node.NodeId, second.Node.NodeId };
        await hosts.UntilAsync("the third knows all", () => third.Node.Control!.Snapshot.Nodes.All.Count(node => node.ManagerStatus is not null) == 3);

        var watch = Stopwatch.StartNew();
        await first.Node.LeaveAsync(true, default).WaitAsync(Poll.Patience);
        output.WriteLine($"the leader has left after {watch.ElapsedMilliseconds} ms");
        await second.Node.LeaveAsync(true, default).WaitAsync(Poll.Patience);

        foreach (var id in gone)
        {
            await hosts.UntilAsync("it is shown as no manager", () => third.Node.Control!.Snapshot.Nodes.Find(id)!.ManagerStatus is null);
            await third.Node.Control!.RemoveNodeAsync(id, true, default).WaitAsync(Poll.Patience);
        }
        Assert.Single(third.Node.Control!.Snapshot.Nodes.All);
    }
}
