using System.Net;
using System.Net.Sockets;
using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Mesh;

public class PublishingTests
{
    [Fact]
    public async Task A_published_port_is_answered_by_every_task_from_everywhere_and_a_client_on_the_LAN_is_seen()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        using var c2 = new EchoServer(hosts["c2"], "c2");
        (string From, string To, string Seen)[] ways =
        [
            ("cl", "192.168.57.11", "192.168.57.9"),
            ("cl", "192.168.57.12", "192.168.57.9"),
            ("h1", "192.168.57.11", "192.168.57.11"),
            ("h1", "192.168.57.12", "192.168.57.11"),
            ("h1", "127.0.0.1", "172.18.0.1"),
            ("h2", "127.0.0.1", "172.18.0.1"),
            ("c1", "192.168.57.11", "172.18.0.1"),
            ("c1", "192.168.57.12", "192.168.57.11"),
            ("c1", "172.18.0.1", "172.18.0.1"),
        ];
        foreach (var (from, to, seen) in ways)
        {
            Assert.Equal([$"c1 sees {seen}", $"c2 sees {seen}"], await TwiceAsync(() => Caller.TcpAsync(hosts[from], to, 8080)));
            Assert.Equal([$"c1 sees {seen}", $"c2 sees {seen}"], await TwiceAsync(() => Caller.UdpAsync(hosts[from], to, 8080)));
        }
    }

    [Fact]
    public async Task One_port_of_a_client_to_two_hosts_is_two_connections()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c2 = new EchoServer(hosts["c2"], "c2");
        hosts.Publish(s => MeshHosts.Ready(s, "t2"));
        await hosts.AppliedAsync();
        var own = new IPEndPoint(IPAddress.Parse("192.168.57.9"), 23456);
        using var first = await Caller.ConnectAsync(hosts["cl"], "192.168.57.11", 8080, own: own);
        Assert.Equal("c2 sees 192.168.57.9", await Caller.ReadAsync(first, "the first"));
        using var second = await Caller.ConnectAsync(hosts["cl"], "192.168.57.12", 8080, own: own);
        Assert.Equal("c2 sees 192.168.57.9", await Caller.ReadAsync(second, "the second"));
        foreach (var (socket, name) in new[] { (first, "first"), (second, "second"), (first, "first again") })
        {
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(name));
            Assert.Equal(name, await Caller.ReadAsync(socket, name));
        }
    }

    [Fact]
    public async Task A_server_bound_to_one_of_its_own_addresses_is_reached_by_its_published_port()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1", on: IPAddress.Parse("10.0.1.5"));
        using var c2 = new EchoServer(hosts["c2"], "c2", on: IPAddress.Parse("10.0.0.6"));
        foreach (var host in new[] { "192.168.57.11", "192.168.57.12" })
        {
            Assert.Equal(["c1 sees 192.168.57.9", "c2 sees 192.168.57.9"], await TwiceAsync(() => Caller.TcpAsync(hosts["cl"], host, 8080)));
            Assert.Equal(["c1 sees 192.168.57.9", "c2 sees 192.168.57.9"], await TwiceAsync(() => Caller.UdpAsync(hosts["cl"], host, 8080)));
        }
    }

    [Theory]
    [InlineData("10.0.0.200")]
    [InlineData("10.0.1.5")]
    public async Task A_client_whose_address_is_one_of_the_swarms_own_reaches_a_published_port(string client)
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        await hosts.AppliedAsync();
        hosts["cl"].Run(() => Commands.Run("ip", "address", "add", client + "/32", "dev", "lo"));
        hosts["h1"].Run(() => Commands.Run("ip", "route", "add", client + "/32", "via", "192.168.57.9"));
        using var socket = await Caller.ConnectAsync(hosts["cl"], "192.168.57.11", 8080, own: new IPEndPoint(IPAddress.Parse(client), 0));
        Assert.Equal("c1 sees 172.18.0.1", await Caller.ReadAsync(socket, client));
    }

    [Fact]
    public async Task A_connection_outlives_changes_of_the_mesh_and_a_restart_of_the_daemon()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        using var c2 = new EchoServer(hosts["c2"], "c2");
        hosts.Publish(s => MeshHosts.Ready(s, "t2"));
        await hosts.AppliedAsync();
        using var kept = await Caller.ConnectAsync(hosts["cl"], "192.168.57.11", 8080);
        Assert.Equal("c2 sees 192.168.57.9", await Caller.ReadAsync(kept, "kept"));
        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        await hosts.AppliedAsync();
        Assert.Equal(["c1 sees 192.168.57.9", "c1 sees 192.168.57.9"], await TwiceAsync(() => Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8080)));
        var generation = NftablesGeneration.Read(hosts["h1"]);
        await hosts.RestartServicesAsync();
        // One replacement, whole: between two of them packets would come to a host that knows nothing of their connection.
        Assert.Equal(NftablesGeneration.After(generation), NftablesGeneration.Read(hosts["h1"]));
        await kept.SendAsync("still here"u8.ToArray());
        Assert.Equal("still here", await Caller.ReadAsync(kept, "kept after the restart"));
        Assert.Equal("c1 sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8080));
    }

    [Fact]
    public async Task A_port_without_ready_tasks_is_refused()
    {
        await using var hosts = await MeshHosts.StartAsync();
        hosts.Publish(s => MeshHosts.Ready(s));
        await hosts.AppliedAsync();
        var error = await Assert.ThrowsAsync<SocketException>(() => Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8080));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task An_ingress_namespace_that_cannot_be_opened_leaves_the_one_before_served()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        hosts.Publish(s => MeshHosts.Ready(s));
        await hosts.AppliedAsync();
        var gone = MeshHosts.Leg("ni", "ingress", "eth7", "10.0.0.2/24");
        await Assert.ThrowsAnyAsync<IOException>(() =>
            hosts.Services[0].OpenIngressAsync(hosts.PinOf("i1"), gone, MeshHosts.Leg("gw", "docker_gwbridge", "eth1", "172.18.0.2/16"), default));

        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        await hosts.AppliedAsync();
        Assert.Equal("c1 sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8080));
    }

    [Fact]
    public async Task A_port_that_a_program_of_the_host_has_stays_with_it()
    {
        await using var hosts = await MeshHosts.StartAsync();
        hosts.Publish(s => s with { Services = s.Services.Clear() });
        await hosts.AppliedAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        using (var own = new EchoServer(hosts["h1"], "the host", 8080))
        {
            hosts.Publish(s => s);
            await hosts.AppliedAsync();
            Assert.Equal("the host sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8080));
            string[] taken = ["8080/tcp", "8080/udp"];
            Assert.Equal(taken.Select(port => $"port {port} is in use by a program of this host: the mesh does not publish it here"), hosts.Services[0].Warnings);
        }
        hosts.Publish(s => s with { Services = s.Services.Clear() });
        await hosts.AppliedAsync();
        Assert.Empty(hosts.Services[0].Warnings);
    }

    [Fact]
    public async Task A_port_that_the_mesh_has_is_taken_for_a_program_of_the_host()
    {
        await using var hosts = await MeshHosts.StartAsync();
        // As most servers do, to be able to start again at once.
        using var later = NamespaceSockets.Open(hosts["h1"], AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        later.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        var error = Assert.Throws<SocketException>(() =>
        {
            later.Bind(new IPEndPoint(IPAddress.Any, 8080));
            later.Listen(1);
        });
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_host_port_leads_to_its_container_only_and_is_given_once()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        PortConfig[] wanted =
        [
            new() { TargetPort = 80, PublishedPort = 8081, PublishMode = PublishMode.Host },
            new() { TargetPort = 80, PublishedPort = 0, PublishMode = PublishMode.Host },
        ];
        var bound = await hosts.Services[0].OpenAsync(MeshHosts.Spec(1, wanted), hosts.PinOf("c1"), MeshHosts.Legs(1), default);
        Assert.Equal(8081u, bound[0].PublishedPort);
        Assert.NotEqual(0u, bound[1].PublishedPort);
        foreach (var port in bound)
        {
            Assert.Equal("c1 sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "192.168.57.11", (int)port.PublishedPort));
            Assert.Equal("c1 sees 172.18.0.1", await Caller.TcpAsync(hosts["h1"], "127.0.0.1", (int)port.PublishedPort));
        }
        var again = await hosts.Services[0].OpenAsync(MeshHosts.Spec(1, wanted), hosts.PinOf("c1"), MeshHosts.Legs(1), default);
        Assert.Equal(bound, again);
        var error = await Assert.ThrowsAsync<SkeinException>(() =>
            hosts.Services[0].OpenAsync(MeshHosts.Spec(2, wanted), hosts.PinOf("c2"), MeshHosts.Legs(2), default));
        Assert.EndsWith("Bind for 0.0.0.0:8081 failed: port is already allocated", error.Message, StringComparison.Ordinal);
        await hosts.Services[0].CloseAsync(MeshHosts.Spec(1).ContainerId, default);
        await Assert.ThrowsAsync<SocketException>(() => Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8081));
    }

    [Fact]
    public async Task The_ingress_leg_lets_in_the_published_ports_only()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var open = new EchoServer(hosts["c2"], "c2");
        using var closed = new EchoServer(hosts["c2"], "c2", 81);
        Assert.Equal("c2 sees 10.0.0.2", await Caller.TcpAsync(hosts["i1"], "10.0.0.6", 80));
        await Assert.ThrowsAsync<TimeoutException>(() => Caller.ConnectAsync(hosts["i1"], "10.0.0.6", 81, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task Opening_again_puts_back_the_way_of_replies()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c2 = new EchoServer(hosts["c2"], "c2");
        hosts.Publish(s => MeshHosts.Ready(s, "t2"));
        await hosts.AppliedAsync();
        hosts["c2"].Run(() => Commands.Run("ip", "route", "flush", "table", "167772162"));
        await hosts.Services[1].OpenAsync(MeshHosts.Spec(2), hosts.PinOf("c2"), MeshHosts.Legs(2), default);
        Assert.Equal("c2 sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8080));
    }

    [Fact]
    public async Task Leaving_takes_the_table_and_the_ports_from_the_host()
    {
        await using var hosts = await MeshHosts.StartAsync();
        Assert.True(hosts.HasTable("h1"));
        await hosts.Services[0].RemoveAllAsync(default);
        Assert.False(hosts.HasTable("h1"));
        using var port = NamespaceSockets.ListenTcp(hosts["h1"], new(System.Net.IPAddress.Any, 8080));
    }

    private static async Task<string[]> TwiceAsync(Func<Task<string>> call) => [.. new[] { await call(), await call() }.Order()];
}
