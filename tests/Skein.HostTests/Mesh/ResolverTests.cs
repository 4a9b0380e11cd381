using System.Net;
using System.Net.Sockets;
using Skein.Agent.Dns;
using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.HostTests.Mesh;

public class ResolverTests
{
    [Fact]
    public async Task Dig_gets_the_names_of_the_containers_networks_over_UDP_and_TCP()
    {
        await using var hosts = await MeshHosts.StartAsync();
        Assert.Equal(MeshHosts.Vip, Dig(hosts, "+short", "WEB"));
        Assert.Equal(MeshHosts.Vip, Dig(hosts, "+short", "+tcp", "web"));
        Assert.Equal(["10.0.1.5", "10.0.1.6"], Dig(hosts, "+short", "tasks.web").Split('\n').Order());
        Assert.Equal("10.0.1.6", Dig(hosts, "+short", "web.2.t2"));
        Assert.Equal("10.0.1.6", Dig(hosts, "+short", "host-t2"));
        Assert.Equal("web.2.t2.ov.", Dig(hosts, "+short", "-x", "10.0.1.6"));
        Assert.Contains("status: NOERROR", Dig(hosts, "web", "AAAA"), StringComparison.Ordinal);
        Assert.Equal("", Dig(hosts, "+short", "web", "AAAA"));
        // A task that is no longer ready is gone with the next question.
        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        Assert.Equal("10.0.1.5", Dig(hosts, "+short", "tasks.web"));
    }

    [Fact]
    public async Task The_container_may_have_its_own_server_on_port_53()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var udp = NamespaceSockets.BindUdp(hosts["c1"], new IPEndPoint(IPAddress.Any, 53));
        using var tcp = NamespaceSockets.ListenTcp(hosts["c1"], new IPEndPoint(IPAddress.Any, 53));
        Assert.Equal(MeshHosts.Vip, Dig(hosts, "+short", "web"));
    }

    [Fact]
    public async Task An_unknown_name_is_asked_of_the_hosts_resolver_and_its_answer_passed_on()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var server = NamespaceSockets.BindUdp(hosts["h1"], new IPEndPoint(IPAddress.Loopback, 53));
        _ = AnswerNameErrorAsync(server);
        Assert.Contains("status: NXDOMAIN", Dig(hosts, "nobody.example"), StringComparison.Ordinal);
        Assert.Equal(MeshHosts.Vip, Dig(hosts, "+short", "web"));
    }

    [Fact]
    public async Task With_no_resolver_to_ask_an_unknown_name_does_not_exist_and_with_none_that_answers_it_fails()
    {
        await using var hosts = await MeshHosts.StartAsync();
        Assert.Contains("status: SERVFAIL", Dig(hosts, "nobody"), StringComparison.Ordinal);
        File.WriteAllText(hosts.ResolvConf, "# none\n");
        File.SetLastWriteTimeUtc(hosts.ResolvConf, DateTime.UnixEpoch);
        Assert.Contains("status: NXDOMAIN", Dig(hosts, "nobody"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_are_served_again_on_the_same_port_after_a_restart()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var client = NamespaceSockets.Open(hosts["c1"], AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(IPAddress.Parse("127.0.0.11"), 53);
        var query = Convert.FromHexString("123401000001000000000000" + "03776562" + "00" + "0001" + "0001");
        for (var turn = 0; turn < 2; turn++)
        {
            // One flow across the restart: connection tracking goes on leading it to the port it had.
            await client.SendAsync(query);
            var reply = await Caller.ReadAsync(client, $"turn {turn}");
            Assert.Equal(1, reply[7]);
            if (turn == 0) await hosts.RestartServicesAsync();
        }
    }

    [Fact]
    public async Task Connections_that_ask_nothing_are_so_many_and_take_no_answer_from_others()
    {
        await using var hosts = await MeshHosts.StartAsync();
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < 3 * ContainerResolver.MaxTcpConnections; i++)
            {
                idle.Add(NamespaceSockets.Open(hosts["c1"], AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await idle[^1].ConnectAsync(IPAddress.Parse("127.0.0.11"), 53).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            await Poll.UntilAsync("those beyond the bound are closed", () => idle.Count(IsClosed) >= 2 * ContainerResolver.MaxTcpConnections);
            Assert.Equal(MeshHosts.Vip, Dig(hosts, "+short", "web"));
            // A silent one is closed after ten seconds, and there is room again.
            await Poll.UntilAsync("all are closed", () => idle.All(IsClosed));
            Assert.Equal(MeshHosts.Vip, Dig(hosts, "+short", "+tcp", "web"));
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_question_of_sixty_thousand_bytes_is_none()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var socket = NamespaceSockets.Open(hosts["c1"], AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Parse("127.0.0.11"), 53);
        await socket.SendAsync(new byte[] { 0xea, 0x60 });
        await Poll.UntilAsync("the connection is closed", () => IsClosed(socket));
    }

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return !socket.Connected || (socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0);
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static string Dig(MeshHosts hosts, params string[] arguments) =>
        hosts["c1"].Run(() => Commands.Run("dig", ["@127.0.0.11", "+time=20", "+tries=1", .. arguments])).Trim();

    private static async Task AnswerNameErrorAsync(Socket server)
    {
        try
        {
            var buffer = new byte[600];
            while (true)
            {
                var received = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                buffer[2] = 0x81;
                buffer[3] = 0x83;
                await server.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }
}
