using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Model;
using Skein.NodeLife;
using Xunit;

namespace Skein.HostTests.Hosting;

/// <summary>Managers that are lost for good, and managers that have moved.</summary>
public class NewClusterTests
{
    [Fact]
    public async Task The_last_of_three_becomes_a_swarm_of_one_with_all_it_had_and_who_comes_back_joins_anew()
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        var third = await hosts.JoinAsync(first, NodeRole.Manager);
        var worker = await hosts.JoinAsync(first, NodeRole.Worker);
        await hosts.UntilAsync("all three serve", () => second.Node.Control is not null && third.Node.Control is not null);
        await first.Node.Control!.CreateAsync(ObjectKind.Secret, new DependencySpec { Annotations = new() { Name = "kept" }, Data = ByteString.CopyFromUtf8("x") }, default);
        var tokens = first.Node.Control.Snapshot.Cluster!.RootCa.JoinTokens;
        await second.StopAsync();
        await third.StopAsync();
        await hosts.UntilAsync("the first knows that it is cut off", () => first.Node.LacksLeader);
        Assert.Equal(SwarmMessages.NoManager(LocalNodeState.Active).Message, await RefusedAsync(() => worker.Node.InitAsync(Forced(worker), default)));
        Assert.Equal(
            "with --force-new-cluster the swarm keeps its address pools and its data path port: leave --default-addr-pool and --data-path-port out",
            await RefusedAsync(() => first.Node.InitAsync(Forced(first) with { DefaultAddrPool = ["10.9.0.0/16"] }, default)));

        var id = await first.Node.InitAsync(Forced(first), default).WaitAsync(Poll.Patience);

        Assert.Equal(first.Node.NodeId, id);
        Assert.False(first.Node.LacksLeader);
        var state = first.Node.Control!.Snapshot;
        Assert.Equal(tokens, state.Cluster!.RootCa.JoinTokens);
        Assert.Single(state.Of(ObjectKind.Secret).All);
        Assert.Equal(id, Assert.Single(state.Nodes.All, node => node.ManagerStatus is not null).Id);
        await hosts.UntilAsync("the worker is in session again", () => first.Node.Control.Snapshot.Nodes.Find(worker.Node.NodeId)!.Status.State == NodeState.Ready);

        await first.RestartAsync();
        await hosts.UntilAsync("it is a manager after a restart", () => first.Node is { State: LocalNodeState.Active, Control: not null });
        await second.RestartAsync();
        await hosts.UntilAsync("the second is a manager of this swarm", () =>
            second.Node.Control?.Snapshot.Of(ObjectKind.Secret).Count == 1 && first.Node.Control?.Snapshot.Nodes.All.Count(node => node.ManagerStatus is not null) == 2);
    }

    [Fact]
    public async Task A_daemon_that_is_killed_in_the_midst_of_it_goes_on_with_it()
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        await hosts.UntilAsync("both serve", () => second.Node.Control is not null);
        await second.StopAsync();
        await first.StopAsync();
        var memory = SwarmMemory.Read(first.Options.SwarmFolder)!;
        (memory with { Manager = memory.Manager! with { Forced = true } }).Write(first.Options.SwarmFolder);

        await first.RestartAsync();

        await hosts.UntilAsync("it is a swarm of one", () => first.Node is { State: LocalNodeState.Active, Control: { } control } && control.Snapshot.Nodes.All.Count(node => node.ManagerStatus is not null) == 1);
        Assert.False(SwarmMemory.Read(first.Options.SwarmFolder)!.Manager!.Forced);
    }

    [Theory]
    [InlineData(NodeRole.Manager)]
    [InlineData(NodeRole.Worker)]
    public async Task A_node_whose_address_was_changed_while_it_was_off_is_found_again(NodeRole role)
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        var tokens = first.Node.Control!.Snapshot.Cluster!.RootCa.JoinTokens;
        var moving = hosts.Add();
        var before = $"127.0.0.2:{moving.Port}";
        await moving.Node.JoinAsync(new(before, before, "", [first.Address], role == NodeRole.Manager ? tokens.Manager : tokens.Worker, NodeAvailability.Active), default).WaitAsync(Poll.Patience);
        await hosts.UntilAsync("it is what it shall be", () => role == NodeRole.Worker || moving.Node.Control is not null);
        await moving.StopAsync();
        // Its device has 127.0.0.1 by now, as if 127.0.0.2 had been there.
        (SwarmMemory.Read(moving.Options.SwarmFolder)! with { Device = "lo", VtepDevice = "lo" }).Write(moving.Options.SwarmFolder);

        await moving.RestartAsync();

        await hosts.UntilAsync("everybody knows where it is", () =>
            second.Node.Control!.Snapshot.Nodes.Find(moving.Node.NodeId) is { Status: { Addr: "127.0.0.1", State: NodeState.Ready }, Vtep: "127.0.0.1" });
        Assert.Equal("127.0.0.1", moving.Node.NodeAddress);
        if (role == NodeRole.Worker) return;
        await hosts.UntilAsync("the managers' list has it", () => first.Node.Managers.Any(manager => manager.Addr == moving.Address));
        await hosts.UntilAsync("its certificate bears its address", () => CertificateOf(moving).MatchesHostname("127.0.0.1", allowWildcards: false, allowCommonName: false));
        // With it and the second alone there is a majority.
        await first.StopAsync();
        await hosts.UntilAsync("it writes", () => !moving.Node.LacksLeader && moving.Node.Control is { Snapshot.Leader: not null });
        await moving.Node.Control!.CreateAsync(ObjectKind.Secret, new DependencySpec { Annotations = new() { Name = "written" }, Data = ByteString.CopyFromUtf8("x") }, default).WaitAsync(Poll.Patience);
    }

    private static SwarmInitRequest Forced(SwarmHost host) => host.InitRequest() with { ForceNewCluster = true };

    private static X509Certificate2 CertificateOf(SwarmHost host) =>
        X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(host.Options.SwarmFolder, "certificates", "swarm-node.pem")));

    private static async Task<string> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<SkeinException>(call)).Message;
}
