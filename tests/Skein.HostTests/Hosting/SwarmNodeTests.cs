using System.Diagnostics;
using System.Globalization;
using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Skein.Agent.Session;
using Skein.Api.Swarm;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.HostTests.Hosting;

public class SwarmNodeTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Init_makes_a_swarm_with_a_leader_tokens_and_the_ingress_network()
    {
        await using var hosts = new SwarmHosts();
        var host = hosts.Add();
        var watch = Stopwatch.StartNew();
        var id = await host.Node.InitAsync(host.InitRequest(), default);
        output.WriteLine($"init took {watch.ElapsedMilliseconds} ms");

        Assert.Equal(LocalNodeState.Active, host.Node.State);
        Assert.Equal(id, host.Node.NodeId);
        var snapshot = host.Node.Control!.Snapshot;
        Assert.Equal(id, snapshot.Leader?.ManagerId);
        Assert.Equal(host.Address, snapshot.Nodes.Find(id)!.ManagerStatus.Addr);
        Assert.StartsWith("SWMTKN-1-", snapshot.Cluster!.RootCa.JoinTokens.Worker);
        Assert.Equal("ingress", Assert.Single(snapshot.Networks.All).Spec.Annotations.Name);
        await hosts.UntilAsync("ingress has its subnet", () => host.Node.Control.Snapshot.Networks.All.Single().Ipam is [{ Subnet: "10.0.0.0/24" }]);

        var again = await Assert.ThrowsAsync<SkeinException>(() => host.Node.InitAsync(host.InitRequest(), default));
        Assert.Equal("This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another one.", again.Message);
    }

    /// <summary>As `docker node update` does it right after `docker swarm init`: nothing else writes the node in between.</summary>
    [Fact]
    public async Task What_init_returned_can_be_changed_at_once()
    {
        await using var hosts = new SwarmHosts();
        var host = hosts.Add();
        var id = await host.Node.InitAsync(host.InitRequest(), default);

        var control = host.Node.Control!;
        var node = control.Snapshot.Nodes.Find(id)!;
        Assert.NotEqual("", node.Session?.SessionId ?? "");
        var spec = node.Spec.Clone();
        spec.Availability = NodeAvailability.Drain;
        Assert.Equal(NodeAvailability.Drain, (await control.UpdateNodeAsync(id, node.Meta.Version, spec, default)).Spec.Availability);
    }

    /// <summary>The address that a cloud translates: others reach the host by it, the host itself may not.</summary>
    [Fact]
    public async Task A_manager_whose_advertised_address_is_none_of_its_own_is_in_session_with_itself()
    {
        await using var hosts = new SwarmHosts();
        var host = hosts.Add();
        var id = await host.Node.InitAsync(host.InitRequest() with { AdvertiseAddr = "203.0.113.7:2377" }, default);
        Assert.Equal("203.0.113.7:2377", host.Node.Control!.Snapshot.Nodes.Find(id)!.ManagerStatus.Addr);
        await hosts.UntilAsync("it is in session", () => host.Node.Control.Snapshot.Nodes.Find(id)!.Session is { SessionId.Length: > 0 });

        await host.RestartAsync();
        await hosts.UntilAsync("it is again after a restart", () => host.Assignments.Current.Sequence > 0 && host.Node.State == LocalNodeState.Active);
    }

    [Fact]
    public async Task The_last_manager_leaves_by_force_alone_and_nothing_is_left()
    {
        await using var hosts = new SwarmHosts();
        var host = await hosts.InitAsync();

        var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Node.LeaveAsync(false, default));
        Assert.Equal(
            "You are attempting to leave the swarm on a node that is participating as a manager. " +
            "Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ", refused.Message);
        await host.Node.LeaveAsync(true, default);

        Assert.Equal(LocalNodeState.Inactive, host.Node.State);
        Assert.False(Directory.Exists(host.Options.SwarmFolder));
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), folder => RunsIn(folder, host.Options.DataRoot));
        Assert.Equal("This node is not part of a swarm", (await Assert.ThrowsAsync<SkeinException>(() => host.Node.LeaveAsync(true, default))).Message);

        await host.Node.InitAsync(host.InitRequest(), default);
        Assert.Equal(LocalNodeState.Active, host.Node.State);
    }

    [Fact]
    public async Task A_leave_that_a_killed_daemon_did_not_finish_is_finished_by_the_next()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);
        await worker.StopAsync();
        (SwarmMemory.Read(worker.Options.SwarmFolder)! with { Unfinished = true }).Write(worker.Options.SwarmFolder);

        await worker.RestartAsync();

        await hosts.UntilAsync("nothing of the swarm is left", () => !Directory.Exists(worker.Options.SwarmFolder) && worker.Node.State == LocalNodeState.Inactive);
        await manager.StopAsync();
        // So it is with an init: nobody has ever been told of this swarm.
        (SwarmMemory.Read(manager.Options.SwarmFolder)! with { Unfinished = true }).Write(manager.Options.SwarmFolder);

        await manager.RestartAsync();

        await hosts.UntilAsync("nothing of the swarm is left", () => !Directory.Exists(manager.Options.SwarmFolder) && manager.Node.State == LocalNodeState.Inactive);
        await manager.Node.InitAsync(manager.InitRequest(), default).WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task A_worker_joins_and_is_ready_and_is_no_manager()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);

        Assert.Equal(LocalNodeState.Active, worker.Node.State);
        Assert.Null(worker.Node.Control);
        await hosts.UntilAsync("the worker is ready", () =>
            manager.Node.Control!.Snapshot.Nodes.Find(worker.Node.NodeId)?.Status.State == NodeState.Ready);
        await worker.Node.LeaveAsync(false, default);
        Assert.Equal(LocalNodeState.Inactive, worker.Node.State);
    }

    [Fact]
    public async Task A_wrong_token_or_another_swarms_root_is_refused_and_leaves_the_host_as_it_was()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var host = hosts.Add();
        var right = JoinToken.Parse(manager.Node.Control!.Snapshot.Cluster!.RootCa.JoinTokens.Worker);

        var secret = (right with { Secret = new string('0', 25) }).ToString();
        var wrongSecret = await Assert.ThrowsAsync<SkeinException>(() => host.Node.JoinAsync(host.JoinRequest(manager, secret), default));
        Assert.Equal("rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster", wrongSecret.Message);

        var other = right with { RootDigest = new string('1', 50) };
        var wrongRoot = await Assert.ThrowsAsync<SkeinException>(() => host.Node.JoinAsync(host.JoinRequest(manager, other.ToString()), default));
        Assert.Equal($"remote CA does not match fingerprint. Expected: {other.RootDigestHex()}", wrongRoot.Message);

        var none = await Assert.ThrowsAsync<SkeinException>(() => host.Node.JoinAsync(host.JoinRequest(manager, ""), default));
        Assert.Equal(wrongSecret.Message, none.Message);
        Assert.Equal("invalid join token", (await Assert.ThrowsAsync<SkeinException>(() => host.Node.JoinAsync(host.JoinRequest(manager, "x"), default))).Message);
        Assert.Equal(LocalNodeState.Inactive, host.Node.State);
        Assert.False(Directory.Exists(host.Options.SwarmFolder));
        Assert.Single(manager.Node.Control.Snapshot.Nodes.All);
    }

    [Fact]
    public async Task A_daemon_that_restarts_is_the_same_node_with_the_same_state()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);
        var (managerId, workerId) = (manager.Node.NodeId, worker.Node.NodeId);
        await manager.Node.Control!.CreateNetworkAsync(SwarmHosts.Overlay("kept"), default);

        await worker.RestartAsync();
        await manager.RestartAsync();

        // As what is asked of its API does.
        await manager.Node.SettleAsync(default);
        Assert.False(manager.Node.LacksLeader);
        Assert.NotEmpty(manager.Node.Control!.Snapshot.Nodes.All);
        await hosts.UntilAsync("the manager is back", () => manager.Node.State == LocalNodeState.Active);
        await hosts.UntilAsync("the worker is back", () => worker.Node.State == LocalNodeState.Active);
        Assert.Equal((managerId, workerId), (manager.Node.NodeId, worker.Node.NodeId));
        Assert.Contains(manager.Node.Control!.Snapshot.Networks.All, network => network.Spec.Annotations.Name == "kept");
        await manager.Node.Control.CreateNetworkAsync(SwarmHosts.Overlay("new"), default).WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task A_worker_is_promoted_and_demoted_again()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);

        await hosts.SetRoleAsync(manager, worker, NodeRole.Manager);
        await hosts.UntilAsync("the worker is a manager", () => worker.Node.Control?.Snapshot.Nodes.Find(worker.Node.NodeId)?.ManagerStatus is not null);
        Assert.Equal(2, worker.Node.Control!.Snapshot.Nodes.Count);

        await hosts.SetRoleAsync(manager, worker, NodeRole.Worker);
        await hosts.UntilAsync("it is a worker again", () => worker.Node.Control is null);
        await hosts.UntilAsync("its etcd is gone", () => !Directory.Exists(Path.Combine(worker.Options.SwarmFolder, "etcd")));
        await hosts.UntilAsync("it is shown as a worker", () => manager.Node.Control!.Snapshot.Nodes.Find(worker.Node.NodeId)!.ManagerStatus is null);
        await hosts.UntilAsync("its certificate is a worker's", () => worker.Identity.Current.Name.Role == NodeRole.Worker);
        await manager.Node.Control!.CreateNetworkAsync(SwarmHosts.Overlay("alone"), default).WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task A_role_that_is_changed_to_and_fro_ends_where_it_was_left()
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        await hosts.JoinAsync(first, NodeRole.Manager);
        var before = StatusOf(first, second)!.MemberId;

        foreach (var role in (NodeRole[])[NodeRole.Worker, NodeRole.Manager, NodeRole.Worker, NodeRole.Manager]) await hosts.SetRoleAsync(first, second, role);

        await hosts.UntilAsync("it is a manager anew", () => second.Node.Control is not null && StatusOf(first, second) is { MemberId: var now } && now != before);
        await second.Node.Control!.CreateNetworkAsync(SwarmHosts.Overlay("by-the-second"), default).WaitAsync(Poll.Patience);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manager_whose_member_was_taken_out_begins_anew_also_if_it_was_off_meanwhile(bool off)
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        await hosts.JoinAsync(first, NodeRole.Manager);
        var before = StatusOf(first, second)!.MemberId;
        if (off) await second.StopAsync();

        using (var etcd = new EtcdClient(Path.Combine(first.Options.SwarmFolder, "etcd", "client:0"), first.Identity))
            await etcd.Members.MemberRemoveAsync(new() { ID = ulong.Parse(before, NumberStyles.HexNumber, CultureInfo.InvariantCulture) });
        if (off) await second.RestartAsync();

        await hosts.UntilAsync("it is a manager anew", () =>
            second.Node is { Control: not null, State: LocalNodeState.Active } && StatusOf(first, second) is { MemberId: var now } && now != before);
        await second.Node.Control!.CreateNetworkAsync(SwarmHosts.Overlay("by-the-second"), default).WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task A_host_that_cannot_be_a_manager_leaves_no_node_behind_and_can_be_a_worker()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var tokens = manager.Node.Control!.Snapshot.Cluster!.RootCa.JoinTokens;
        var host = hosts.Add();
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, host.Port + 3);
        taken.Start();

        var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Node.JoinAsync(host.JoinRequest(manager, tokens.Manager), default));

        Assert.StartsWith($"rpc error: code = FailedPrecondition desc = a manager's port cannot be opened on 127.0.0.1:{host.Port + 3}: ", refused.Message);
        Assert.Single(manager.Node.Control.Snapshot.Nodes.All);
        await host.Node.JoinAsync(host.JoinRequest(manager, tokens.Worker), default).WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task A_manager_that_does_not_come_takes_its_node_and_its_member_back()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var token = JoinToken.Parse(manager.Node.Control!.Snapshot.Cluster!.RootCa.JoinTokens.Manager);
        var issued = await new JoinClient(TimeProvider.System).JoinAsync(manager.Address, token, NodeAvailability.Active, [IPAddress.Loopback], "", default);
        using var channel = Open(manager, new("/nonexistent", issued.Credentials, TimeProvider.System));
        var membership = new Membership.MembershipClient(channel);
        await membership.AddManagerAsync(new() { PeerUrl = $"https://127.0.0.1:{LoopbackPorts.Take()}", Addr = "127.0.0.1:1" });
        Assert.NotNull(manager.Node.Control.Snapshot.Nodes.Find(issued.NodeId)!.ManagerStatus);

        await membership.RemoveManagerAsync(new());

        Assert.Null(manager.Node.Control.Snapshot.Nodes.Find(issued.NodeId));
        using var etcd = new EtcdClient(Path.Combine(manager.Options.SwarmFolder, "etcd", "client:0"), manager.Identity);
        Assert.Single((await etcd.Members.MemberListAsync(new())).Members);
    }

    [Fact]
    public async Task A_worker_whose_ports_are_taken_costs_no_majority_and_becomes_a_manager_when_they_are_free()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);
        using (var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, worker.Port))
        {
            taken.Start();
            await hosts.SetRoleAsync(manager, worker, NodeRole.Manager);
            await hosts.UntilAsync("the worker has tried", () => hosts.Logged($"a manager's port cannot be opened on {worker.Address}"));
            await hosts.UntilAsync("its reason is told where it was asked for", () => StatusOf().Message.Contains($"a manager's port cannot be opened on {worker.Address}", StringComparison.Ordinal));
            Assert.StartsWith("this node cannot be a manager yet: ", worker.Node.Error, StringComparison.Ordinal);
            await manager.Node.Control!.CreateNetworkAsync(SwarmHosts.Overlay("meanwhile"), default).WaitAsync(Poll.Patience);
            Assert.Null(worker.Node.Control);
        }
        await hosts.UntilAsync("the worker is a manager", () => worker.Node.Control?.Snapshot.Nodes.Find(worker.Node.NodeId)?.ManagerStatus is not null);
        await hosts.UntilAsync("the reason is gone", () => StatusOf() is { Message: "", State: NodeState.Ready } && worker.Node.Error.Length == 0);

        NodeStatus StatusOf() => manager.Node.Control!.Snapshot.Nodes.Find(worker.Node.NodeId)!.Status;
    }

    [Fact]
    public async Task A_workers_certificate_is_refused_on_a_managers_call_and_an_expired_one_on_all()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);
        var cluster = manager.Node.Control!.Snapshot.Cluster!;

        var asWorker = worker.Identity;
        var refused = await Assert.ThrowsAsync<RpcException>(() => AddManagerAsync(manager, asWorker));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => ReadLogsAsync(manager, asWorker))).StatusCode);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => AddManagerAsync(manager, null))).StatusCode);

        using var authority = RootAuthority.Open(cluster.RootCa.Cert.Span, cluster.RootCa.Key.Span, TimeProvider.System, new CryptoIdSource());
        var valid = Issue(authority, manager.Node.NodeId, cluster.Id, TimeSpan.FromMinutes(10));
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => AddManagerAsync(manager, valid))).StatusCode);   // "x" is no URL: the call was let in
        var expired = Issue(authority, manager.Node.NodeId, cluster.Id, TimeSpan.FromMinutes(-1));
        var atTheDoor = await Assert.ThrowsAsync<RpcException>(() => AddManagerAsync(manager, expired));
        Assert.NotEqual(StatusCode.InvalidArgument, atTheDoor.StatusCode);
    }

    [Fact]
    public async Task A_node_that_slept_past_its_certificates_end_gets_a_new_one_unless_it_was_removed_or_slept_too_long()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var (worker, removed) = (await hosts.JoinAsync(manager, NodeRole.Worker), await hosts.JoinAsync(manager, NodeRole.Worker));
        var cluster = manager.Node.Control!.Snapshot.Cluster!;
        using var authority = RootAuthority.Open(cluster.RootCa.Cert.Span, cluster.RootCa.Key.Span, TimeProvider.System, new CryptoIdSource());
        var (id, removedId) = (worker.Node.NodeId, removed.Node.NodeId);
        foreach (var host in (SwarmHost[])[worker, removed]) await host.StopAsync();
        Lapse(worker, id);
        Lapse(removed, removedId);
        await hosts.UntilAsync("the removed one is down", () => manager.Node.Control.Snapshot.Nodes.Find(removedId)!.Status.State == NodeState.Down);
        await manager.Node.Control.RemoveNodeAsync(removedId, true, default);

        await removed.RestartAsync();
        await worker.RestartAsync();

        await hosts.UntilAsync("the worker is back", () => worker.Node is { State: LocalNodeState.Active, Error: "" } && manager.Node.Control.Snapshot.Nodes.Find(id)!.Status.State == NodeState.Ready);
        await hosts.UntilAsync("the removed one was refused", () => hosts.Logged("was removed from the swarm"));
        Assert.Equal(LocalNodeState.Error, removed.Node.State);
        Assert.Contains("it is renewed as soon as a manager is in reach", removed.Node.Error, StringComparison.Ordinal);
        // It opens nothing else.
        var lapsed = Issue(authority, id, cluster.Id, TimeSpan.FromMinutes(-1));
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => ReadLogsAsync(manager, lapsed))).StatusCode);

        void Lapse(SwarmHost host, string node) =>
            new NodeIdentity(Path.Combine(host.Options.SwarmFolder, "certificates"), Issue(authority, node, cluster.Id, TimeSpan.FromMinutes(-1), NodeRole.Worker).Current, TimeProvider.System).Save();
    }

    [Fact]
    public async Task An_init_that_fails_leaves_nothing_behind()
    {
        await using var hosts = new SwarmHosts();
        var host = hosts.Add();
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, host.Port);
        taken.Start();

        var error = await Assert.ThrowsAsync<SkeinException>(() => host.Node.InitAsync(host.InitRequest(), default));

        Assert.Contains(host.Address, error.Message);
        Assert.Equal(LocalNodeState.Inactive, host.Node.State);
        Assert.False(Directory.Exists(host.Options.SwarmFolder));
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), folder => RunsIn(folder, host.Options.DataRoot));
    }

    private static ManagerStatus? StatusOf(SwarmHost seenBy, SwarmHost manager) => seenBy.Node.Control!.Snapshot.Nodes.Find(manager.Node.NodeId)!.ManagerStatus;

    private static NodeIdentity Issue(RootAuthority authority, string nodeId, string clusterId, TimeSpan lifetime, NodeRole role = NodeRole.Manager)
    {
        var request = CertificateSigningRequest.Create([]);
        var pem = authority.Issue(request.Pem, new(nodeId, role, clusterId), lifetime);
        return new("/nonexistent", NodeCredentials.Create(pem, request.KeyPem, authority.CertificatePem), TimeProvider.System);
    }

    private static async Task ReadLogsAsync(SwarmHost manager, NodeIdentity identity)
    {
        using var channel = Open(manager, identity);
        using var call = new NodeLogs.NodeLogsClient(channel).Read(new() { NodeId = manager.Node.NodeId, Subscription = new() });
        await call.ResponseStream.MoveNext(default);
    }

    private static GrpcChannel Open(SwarmHost manager, NodeIdentity? identity)
    {
        var tls = identity?.ClientOptions() ?? new() { RemoteCertificateValidationCallback = (_, _, _, _) => true };
        return GrpcChannel.ForAddress($"https://{manager.Address}", new GrpcChannelOptions { HttpHandler = SessionHttpHandler.Create(tls), DisposeHttpClient = true });
    }

    private static async Task AddManagerAsync(SwarmHost manager, NodeIdentity? identity)
    {
        using var channel = Open(manager, identity);
        await new Membership.MembershipClient(channel).AddManagerAsync(new() { PeerUrl = "x" });
    }

    private static bool RunsIn(string folder, string dataRoot)
    {
        try
        {
            return int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _)
                && File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(dataRoot, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
