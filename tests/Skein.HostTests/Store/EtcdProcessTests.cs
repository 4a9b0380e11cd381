using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Linux.Netlink;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.HostTests.Store;

public class EtcdProcessTests
{
    [Fact]
    public async Task A_worker_s_certificate_is_refused_by_the_client_socket()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var worker = members.Identity("w1", NodeRole.Worker);
        using var client = new EtcdClient(members[0].Options.SocketPath, worker);

        await Assert.ThrowsAsync<RpcException>(async () => await client.Kv.RangeAsync(new() { Key = StoreKeys.Bytes("/") }));

        using var manager = new EtcdClient(members[0].Options.SocketPath, members[0].Identity);
        await manager.Kv.RangeAsync(new() { Key = StoreKeys.Bytes("/") });
    }

    [Theory]
    [InlineData(NodeRole.Manager, SslProtocols.Tls13, true)]
    [InlineData(NodeRole.Manager, SslProtocols.Tls12, false)]
    [InlineData(NodeRole.Worker, SslProtocols.Tls13, false)]
    public async Task The_peers_port_takes_a_manager_by_TLS_1_3_alone(NodeRole role, SslProtocols protocol, bool taken)
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var identity = members.Identity("n9", role);
        Assert.Equal(taken, await AnswersAsync(members[0].Options, identity, protocol));
    }

    [Fact]
    public async Task A_member_that_dies_is_started_again()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await using var store = await members[0].OpenStoreAsync();
        await store.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service("s1", "web")), null, default);
        Process.GetProcessById(members[0].Process.Pid).Kill();

        var snapshot = await store.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service("s2", "web")), null, default);

        Assert.NotNull(snapshot.Services.Find("s1"));
    }

    [Fact]
    public async Task A_member_whose_binary_is_being_replaced_is_started_when_it_is_there_again()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var first = members[0];
        await first.KillAsync();
        var (link, log) = (Path.Combine(first.Options.Folder, "etcd-link"), new RecentLog());
        File.CreateSymbolicLink(link, "/usr/bin/etcd");
        await using var process = EtcdProcess.Start(first.Options with { Binary = link }, Bootstrap(first), EtcdPace.Alone, first.Identity, TimeProvider.System, log);
        await process.WaitReadyAsync(first.Client, Poll.Patience, default);

        File.Delete(link);
        Process.GetProcessById(process.Pid).Kill();
        await Poll.UntilAsync("a start was refused", () => log.ToString().Contains("cannot be started", StringComparison.Ordinal), log.ToString);
        File.CreateSymbolicLink(link, "/usr/bin/etcd");

        await process.WaitReadyAsync(first.Client, Poll.Patience, default);
    }

    [Fact]
    public async Task A_member_left_behind_is_taken_over_and_with_another_pace_replaced()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var first = members[0];
        var pid = first.Process.Pid;

        await using (var second = EtcdProcess.Start(first.Options, Bootstrap(first), EtcdPace.Alone, first.Identity, TimeProvider.System, NullLogger.Instance))
            Assert.Equal(pid, second.Pid);
        // Disposing has ended it; the first supervisor starts another: that one is replaced by one of another pace.
        await first.Process.WaitReadyAsync(first.Client, Poll.Patience, default);
        await first.KillAsync();
        await using var third = EtcdProcess.Start(first.Options, Bootstrap(first), EtcdPace.Several, first.Identity, TimeProvider.System, NullLogger.Instance);
        Assert.NotEqual(pid, third.Pid);
        await third.WaitReadyAsync(first.Client, Poll.Patience, default);
    }

    [Fact]
    public async Task A_member_writes_where_its_daemon_writes_and_not_into_a_pipe_that_breaks_with_it()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        foreach (var output in (string[])["1", "2"])
            Assert.Equal(new FileInfo($"/proc/self/fd/{output}").LinkTarget, new FileInfo($"/proc/{members[0].Process.Pid}/fd/{output}").LinkTarget);
    }

    [Fact]
    public async Task Without_etcd_the_error_says_what_to_install()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var options = members[0].Options with { Binary = "/nonexistent/etcd", Folder = members[0].Options.Folder + "2" };
        var error = Assert.Throws<SkeinException>(() =>
            EtcdProcess.Start(options, null, EtcdPace.Alone, members[0].Identity, TimeProvider.System, NullLogger.Instance));
        Assert.Contains("/nonexistent/etcd", error.Message);
        Assert.Contains("etcd-server", error.Message);
        Assert.Contains("etcd-server", Assert.Throws<SkeinException>(() => EtcdProcess.RequireInstalled("/nonexistent/etcd")).Message);
        EtcdProcess.RequireInstalled("etcd");
    }

    [Fact]
    public async Task Members_follow_a_new_root_one_after_the_other_and_what_the_old_one_has_issued_opens_nothing_then()
    {
        await using var members = await EtcdMembers.StartAsync(3);
        await using var store = await members[0].OpenStoreAsync();
        using var second = RootAuthority.Create(TimeProvider.System, new CryptoIdSource());
        var between = members.Authority.CrossSign(second.CertificatePem);
        var old = members.Identity("m9", NodeRole.Manager);
        foreach (var member in members.All) member.Identity.Replace(members.Issue(second, member.Options.Name, NodeRole.Manager, between));
        Assert.True(await AnswersAsync(members[0].Options, old, SslProtocols.Tls13));

        foreach (var member in members.All)
        {
            member.Identity.Replace(member.Identity.Current.Trusting(second.CertificatePem));
            member.Process.TrustRoot();
            await Poll.UntilAsync("it runs with the new root", () => member.Process.Root == CertificatePem.DigestOf(second.CertificatePem), () => member.Process.Root);
            await member.Process.WaitReadyAsync(member.Client, Poll.Patience, default);
            await store.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service($"s-{member.Options.Name}", member.Options.Name)), null, default);
        }

        Assert.Equal(3, store.Current.Services.All.Count());
        foreach (var member in members.All)
        {
            Assert.False(await AnswersAsync(member.Options, old, SslProtocols.Tls13));
            Assert.True(await AnswersAsync(member.Options, members[0].Identity, SslProtocols.Tls13));
        }
    }

    [Fact]
    public async Task Who_is_revoked_is_connected_no_more_and_does_not_come_in_again()
    {
        await using var members = await EtcdMembers.StartAsync(3);
        await using var store = await members[0].OpenStoreAsync();
        var (former, serial) = (members.Identity("m9", NodeRole.Manager), "");
        serial = former.Current.Certificate.SerialNumber;
        using var socket = new TcpClient();
        await using var held = await ConnectAsync(socket, members[0].Options, former, SslProtocols.Tls13);
        Assert.True(await IsAnsweredAsync(held));

        foreach (var member in members.All) member.Process.Revoke([serial]);
        Assert.False(await AnswersAsync(members[0].Options, former, SslProtocols.Tls13));
        Assert.True(await IsAnsweredAsync(held), "a list alone ends no connection");

        Assert.True(TcpConnections.EndTo(members[0].Options.PeerListen.Port));
        Assert.False(await IsAnsweredAsync(held));
        await store.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service("s1", "web")), null, default);
        Assert.True(await AnswersAsync(members[0].Options, members[1].Identity, SslProtocols.Tls13));
    }

    private static EtcdBootstrap Bootstrap(EtcdMember member) => new("test", true, [(member.Options.Name, member.Options.PeerUrl)]);

    /// <summary>Whether a request over this connection gets an answer: in TLS 1.3 a server refuses a client only after its handshake.</summary>
    private static async Task<bool> AnswersAsync(EtcdOptions options, NodeIdentity identity, SslProtocols protocol)
    {
        using var socket = new TcpClient();
        try
        {
            await using var tls = await ConnectAsync(socket, options, identity, protocol);
            return await IsAnsweredAsync(tls);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            return false;
        }
    }

    private static async Task<SslStream> ConnectAsync(TcpClient socket, EtcdOptions options, NodeIdentity identity, SslProtocols protocol)
    {
        await socket.ConnectAsync(options.PeerListen);
        var tls = new SslStream(socket.GetStream());
        var client = identity.ClientOptionsOnce("127.0.0.1");
        client.EnabledSslProtocols = protocol;
        client.ApplicationProtocols = null;
        await tls.AuthenticateAsClientAsync(client);
        return tls;
    }

    private static async Task<bool> IsAnsweredAsync(SslStream tls)
    {
        try
        {
            await tls.WriteAsync("GET /version HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            var answer = new byte[4096];
            var length = await tls.ReadAsync(answer).AsTask().WaitAsync(Poll.Patience);
            return answer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
