using System.Net;
using System.Net.Sockets;
using Skein.Agent.Bridges;
using Skein.HostTests.Mesh;
using Skein.Linux.Namespaces;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Bridges;

/// <summary>The kernel's side of `docker run` and `docker network`.</summary>
public sealed class BridgeNetworkingTests : IAsyncDisposable
{
    private static readonly TimeSpan Refused = TimeSpan.FromSeconds(1.5);

    private readonly BridgeHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_container_on_the_default_bridge_has_Dockers_addresses_a_way_out_and_the_hosts_resolvers()
    {
        var network = await _host.RunAsync("web");
        var leg = Assert.Single(network.Legs);
        Assert.Equal(("bridge", "eth0", "172.17.0.2/16", "02:42:ac:11:00:02", "172.17.0.1"), (leg.NetworkName, leg.Interface, leg.Addresses[0], leg.Mac, leg.Gateway));
        var web = _host.Open("web");
        web.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", BridgeHost.ClientAddress));
        using var server = new EchoServer(_host.Client, "outside", 7000);
        Assert.Equal($"outside sees {BridgeHost.Address}", await Caller.TcpAsync(web, BridgeHost.ClientAddress, 7000));
        Assert.Equal("nameserver 192.168.58.53\nsearch lan\n", File.ReadAllText(network.ResolvConf));
        Assert.EndsWith("172.17.0.2\thost-web\n", File.ReadAllText(network.Hosts));
        Assert.Contains("docker0", _host.Space.Run(() => Commands.Run("ip", "-br", "addr", "show", "dev", "docker0")));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("0")]
    public async Task Published_ports_lead_in_from_everywhere_and_show_the_clients_address(string bridgeNetfilter)
    {
        _host.Space.Run(() => Commands.Try("sysctl", "-w", $"net.bridge.bridge-nf-call-iptables={bridgeNetfilter}"));
        var network = await _host.RunAsync("web", with: spec => spec.PortBindings.AddRange([BridgeHost.Port(80, "8080"), BridgeHost.Port(80, "8080", protocol: "udp"), BridgeHost.Port(80, "8081", "127.0.0.1"), BridgeHost.Port(81)]));
        var web = _host.Open("web");
        await _host.RunAsync("other");
        var other = _host.Open("other");
        using var server = new EchoServer(web, "web");
        Assert.Equal($"web sees {BridgeHost.ClientAddress}", await Caller.TcpAsync(_host.Client, BridgeHost.Address, 8080));
        Assert.Equal($"web sees {BridgeHost.ClientAddress}", await Caller.UdpAsync(_host.Client, BridgeHost.Address, 8080));
        Assert.Equal("web sees 172.17.0.1", await Caller.TcpAsync(_host.Space, "127.0.0.1", 8080));
        Assert.Equal("web sees 172.17.0.1", await Caller.TcpAsync(_host.Space, "127.0.0.1", 8081));
        Assert.StartsWith("web sees ", await Caller.TcpAsync(_host.Space, BridgeHost.Address, 8080));
        // By the host's address, from beside and from itself.
        Assert.StartsWith("web sees ", await Caller.TcpAsync(other, BridgeHost.Address, 8080));
        Assert.StartsWith("web sees ", await Caller.TcpAsync(web, BridgeHost.Address, 8080));
        await Assert.ThrowsAsync<SocketException>(() => Caller.ConnectAsync(_host.Client, BridgeHost.Address, 8081, Refused));
        var random = network.Published.Single(port => port.Port == 81);
        Assert.InRange(int.Parse(random.HostPort), 32768, 60999);
        Assert.Equal("0.0.0.0", random.HostIp);
    }

    [Fact]
    public async Task What_was_not_published_is_reached_by_nobody_from_outside()
    {
        await _host.RunAsync("web");
        using var server = new EchoServer(_host.Open("web"), "web");
        await Assert.ThrowsAsync<TimeoutException>(() => Caller.ConnectAsync(_host.Client, "172.17.0.2", 80, Refused));
        Assert.Equal("web sees 172.17.0.1", await Caller.TcpAsync(_host.Space, "172.17.0.2", 80));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused_in_Dockers_words_and_nothing_of_the_container_stays()
    {
        await _host.RunAsync("web", with: spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        var taken = await Assert.ThrowsAsync<SkeinException>(() => _host.RunAsync("late", with: spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080"))));
        Assert.Equal(
            $"failed to set up container networking: driver failed programming external connectivity on endpoint late ({_host.Containers[1].Id}): Bind for 0.0.0.0:8080 failed: port is already allocated",
            taken.Message);
        using var ssh = new EchoServer(_host.Space, "ssh", 22);
        var used = await Assert.ThrowsAsync<SkeinException>(() => _host.RunAsync("ssh", with: spec => spec.PortBindings.Add(BridgeHost.Port(22, "22"))));
        Assert.EndsWith("failed to bind host port 0.0.0.0:22/tcp: address already in use", used.Message);
        Assert.Equal("172.17.0.3/16", (await _host.RunAsync("next", with: spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080-8082")))).Legs[0].Addresses[0]);
        Assert.Equal("8081", _host.Networking.Find(_host.Containers[^1].Id)!.Published[0].HostPort);
        await _host.StopAsync("web");
        Assert.Equal("172.17.0.2/16", (await _host.RunAsync("again", with: spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")))).Legs[0].Addresses[0]);
    }

    [Fact]
    public async Task Networks_are_apart_and_each_knows_its_own_names()
    {
        // What is no name of ours is asked of nobody, and is none.
        File.WriteAllText(_host.ResolvConf, "");
        await _host.CreateAsync("front");
        await _host.CreateAsync("back");
        await _host.RunAsync("web", "front", spec => spec.Endpoints[0].Aliases.Add("www"));
        await _host.RunAsync("client", "front");
        await _host.RunAsync("db", "back");
        var (client, web) = (_host.Open("client"), _host.Open("web"));
        using var server = new EchoServer(web, "web");
        using var db = new EchoServer(_host.Open("db"), "db");
        Assert.Equal("172.17.0.2", Dig(client, "web"));
        Assert.Equal("172.17.0.2", Dig(client, "www"));
        Assert.Equal("172.17.0.2", Dig(client, _host.Containers[0].Id[..12]));
        Assert.Equal("172.17.0.2", Dig(client, "host-web"));
        Assert.Equal("web.front.", Dig(client, "-x", "172.17.0.2"));
        Assert.Equal("", Dig(client, "db"));
        Assert.Equal("web sees 172.17.0.3", await Caller.TcpAsync(client, "172.17.0.2", 80));
        await Assert.ThrowsAsync<TimeoutException>(() => Caller.ConnectAsync(client, "172.18.0.2", 80, Refused));
    }

    [Fact]
    public async Task A_link_is_a_line_of_the_hosts_file_on_the_default_bridge_and_a_name_of_the_resolver_elsewhere()
    {
        File.WriteAllText(_host.ResolvConf, "");
        await _host.RunAsync("db");
        var network = await _host.RunAsync("web", with: spec => spec.Links.Add(new ContainerLink { ContainerId = _host.Containers[0].Id, Name = "db", Alias = "store" }));
        Assert.EndsWith($"\n172.17.0.2\tstore host-db db\n172.17.0.3\thost-web\n", File.ReadAllText(network.Hosts));
        // It comes back with another address.
        await _host.StopAsync("db");
        await _host.RunAsync("other");
        await _host.AttachAsync(_host.Containers[0]);
        Assert.EndsWith($"\n172.17.0.3\thost-web\n172.17.0.4\tstore host-db db\n", File.ReadAllText(network.Hosts));
        await _host.CreateAsync("front");
        await _host.RunAsync("target", "front");
        await _host.RunAsync("linked", "front", spec => spec.Endpoints[0].Links.Add("target:Store"));
        await _host.RunAsync("plain", "front");
        Assert.Equal("172.18.0.2", Dig(_host.Open("linked"), "store"));
        Assert.Equal("", Dig(_host.Open("plain"), "store"));
    }

    [Fact]
    public async Task A_link_opens_what_is_exposed_where_neighbours_do_not_reach_each_other()
    {
        _host.Space.Run(() => Commands.Try("sysctl", "-w", "net.bridge.bridge-nf-call-iptables=1"));
        if (_host.Space.Run(() => Commands.Try("sysctl", "-n", "net.bridge.bridge-nf-call-iptables")).Exit != 0) Assert.Skip("this kernel has no br_netfilter");
        await _host.RestartWithAsync(new DefaultBridge { Icc = false });
        await _host.RunAsync("db", with: spec => spec.ExposedPorts.Add("80/tcp"));
        await _host.RunAsync("web", with: spec => spec.Links.Add(new ContainerLink { ContainerId = _host.Containers[0].Id, Name = "db", Alias = "db" }));
        await _host.RunAsync("plain");
        using var open = new EchoServer(_host.Open("db"), "db");
        using var closed = new EchoServer(_host.Open("db"), "db", 81);
        Assert.Equal("db sees 172.17.0.3", await Caller.TcpAsync(_host.Open("web"), "172.17.0.2", 80));
        await Assert.ThrowsAsync<TimeoutException>(() => Caller.ConnectAsync(_host.Open("web"), "172.17.0.2", 81, Refused));
        await Assert.ThrowsAsync<TimeoutException>(() => Caller.ConnectAsync(_host.Open("plain"), "172.17.0.2", 80, Refused));
        _host.Space.Run(() => Commands.Run("sysctl", "-w", "net.bridge.bridge-nf-call-iptables=0"));
        var refused = await Assert.ThrowsAsync<SkeinException>(() => _host.AttachAsync(_host.Containers[1]));
        Assert.Contains("need the kernel's br_netfilter", refused.Message);
    }

    [Fact]
    public async Task The_hosts_gateway_is_the_default_bridge_that_stands_from_then_on()
    {
        Assert.Equal(["172.17.0.1 me", "192.0.2.1 other"], await _host.Networking.HostLinesAsync(["host-gateway me", "192.0.2.1 other"], default));
        Assert.Contains("172.17.0.1/16", _host.Space.Run(() => Commands.Run("ip", "-br", "addr", "show", "dev", "docker0")));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("0")]
    public async Task An_internal_network_leads_nowhere_and_one_without_icc_not_to_its_neighbours(string bridgeNetfilter)
    {
        _host.Space.Run(() => Commands.Try("sysctl", "-w", $"net.bridge.bridge-nf-call-iptables={bridgeNetfilter}"));
        await _host.CreateAsync("inside", network => network.Internal = true);
        await _host.CreateAsync("alone", network => network.Options["com.docker.network.bridge.enable_icc"] = "false");
        Assert.Equal("", (await _host.RunAsync("a", "inside")).Legs[0].Gateway);
        await _host.RunAsync("b", "inside");
        await _host.RunAsync("c", "alone", spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        await _host.RunAsync("d", "alone");
        var (a, d) = (_host.Open("a"), _host.Open("d"));
        using var b = new EchoServer(_host.Open("b"), "b");
        using var c = new EchoServer(_host.Open("c"), "c");
        Assert.Equal("b sees 172.17.0.2", await Caller.TcpAsync(a, "172.17.0.3", 80));
        Assert.Equal("", a.Run(() => Commands.Run("ip", "route", "show", "default")).Trim());
        d.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", BridgeHost.ClientAddress));
        Assert.NotEqual(0, d.Run(() => Commands.Try("ping", "-c", "1", "-W", "1", "172.18.0.2")).Exit);
        // Published, it is reached all the same.
        Assert.StartsWith("c sees ", await Caller.TcpAsync(d, BridgeHost.Address, 8080));
    }

    [Fact]
    public async Task A_running_container_is_connected_and_disconnected_and_the_legs_that_stay_keep_their_names()
    {
        await _host.RunAsync("web", with: spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        await _host.CreateAsync("front");
        await _host.RunAsync("db", "front");
        var web = _host.Open("web");
        using var server = new EchoServer(web, "web");
        var definition = _host.Containers[0];
        definition.Standalone.Endpoints.Add(new StandaloneEndpoint { Network = "front", Number = 1, Aliases = { "www" } });
        var network = await _host.ConnectAsync(definition);
        Assert.Equal(["eth0 172.17.0.2/16", "eth1 172.18.0.3/16"], network.Legs.Select(leg => $"{leg.Interface} {leg.Addresses[0]}"));
        Assert.Equal("172.18.0.2", Dig(web, "db"));
        Assert.Equal("172.18.0.3", Dig(_host.Open("db"), "www"));
        Assert.Contains("nameserver 127.0.0.11", File.ReadAllText(network.ResolvConf));
        Assert.Contains("172.18.0.3\thost-web", File.ReadAllText(network.Hosts));
        await _host.Networking.DisconnectAsync(definition, "bridge", default);
        Assert.Equal("eth1", Assert.Single(_host.Networking.Find(definition.Id)!.Legs).Interface);
        Assert.StartsWith("default via 172.18.0.1 dev eth1", web.Run(() => Commands.Run("ip", "route", "show", "default")));
        // The port follows to the leg that is left.
        Assert.Equal($"web sees {BridgeHost.ClientAddress}", await Caller.TcpAsync(_host.Client, BridgeHost.Address, 8080));
        var active = await Assert.ThrowsAsync<SkeinException>(() => _host.Networking.RemoveNetworkAsync("front", default));
        Assert.Equal("error while removing network: network front has active endpoints (name:\"db\" id:\"2ccccccccccc\", name:\"web\" id:\"1ccccccccccc\")", active.Message);
    }

    [Fact]
    public async Task A_network_with_IPv6_gives_both_and_publishes_on_both()
    {
        await _host.CreateAsync("six", network =>
        {
            network.Ipv6 = true;
            network.Ipam.Add(new IpamConfig { Subnet = "fd00:6::/64" });
        });
        var network = await _host.RunAsync("web", "six", spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        Assert.Equal(["172.17.0.2/16", "fd00:6::2/64"], network.Legs[0].Addresses);
        Assert.Equal("fd00:6::1", network.Legs[0].GatewayIPv6);
        Assert.Equal(["0.0.0.0", "::"], network.Published.Select(port => port.HostIp));
        var web = _host.Open("web");
        web.Run(() => Commands.Run("ping", "-6", "-c", "1", "-W", "2", "fd58::9"));
        using var server = NamespaceSockets.ListenTcp(web, new IPEndPoint(IPAddress.IPv6Any, 80));
        var accepted = server.AcceptAsync(Poll.Soon);
        using var client = NamespaceSockets.Open(_host.Client, AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Parse("fd58::11"), 8080, Poll.Soon);
        using var socket = await accepted;
        Assert.Equal(IPAddress.Parse("fd58::9"), ((IPEndPoint)socket.RemoteEndPoint!).Address);
        Assert.Equal("fd00:6::2", Dig(web, "AAAA", "web"));
        // With the last one goes what was for it alone.
        Assert.Contains("table ip6 skein-bridges", _host.Space.Run(() => Commands.Run("nft", "list", "tables")));
        await _host.RunAsync("stays");
        await _host.StopAsync("web");
        await _host.Networking.RemoveNetworkAsync("six", default);
        Assert.DoesNotContain("table ip6 skein-bridges", _host.Space.Run(() => Commands.Run("nft", "list", "tables")));
        Assert.Equal("0", _host.Space.Run(() => Commands.Run("sysctl", "-n", "net.ipv6.conf.all.forwarding")).Trim());
    }

    [Fact]
    public async Task A_client_of_IPv6_that_keeps_its_port_is_led_to_who_has_the_port_by_now()
    {
        await _host.CreateAsync("six", network => network.Ipv6 = true);
        await RunEchoAsync("first");
        using var client = NamespaceSockets.Open(_host.Client, AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(IPAddress.Parse("fd58::11"), 8080);
        using (var first = Echo("first")) Assert.StartsWith("first sees", await Caller.AnsweredAsync(client, "first"));
        await _host.StopAsync("first");
        await _host.RunAsync("between", "six");
        await RunEchoAsync("second");
        using var second = Echo("second");
        Assert.StartsWith("second sees", await Caller.AnsweredAsync(client, "second"));

        Task RunEchoAsync(string name) => _host.RunAsync(name, "six", spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080", protocol: "udp")));

        EchoServer Echo(string name) => new(_host.Open(name), name, on: IPAddress.IPv6Any);
    }

    [Fact]
    public async Task What_a_leg_cannot_have_is_said_before_any_start()
    {
        await _host.CreateAsync("front", network => network.Ipam.Add(new IpamConfig { Subnet = "10.1.0.0/16" }));
        Assert.Equal(
            "invalid endpoint settings:\nno configured subnet contains IP address 10.2.0.1",
            Assert.Throws<SkeinException>(() => _host.Networking.Check(new() { Network = "front", Ipv4Address = "10.2.0.1" })).Message);
        Assert.Equal(ErrorKind.NotImplemented, Assert.Throws<SkeinException>(() => _host.Networking.Check(new() { Network = "front", DriverOpts = { ["x"] = "y" } })).Kind);
        Assert.Equal(ErrorKind.NotImplemented, Assert.Throws<SkeinException>(() => _host.Networking.Check(new() { Network = "front", LinkLocalIps = { "169.254.1.1" } })).Kind);
        _host.Networking.Check(new() { Network = "not there yet", DriverOpts = { ["x"] = "y" } });
    }

    [Fact]
    public async Task A_fresh_daemon_takes_over_what_runs_and_removes_what_does_not()
    {
        File.WriteAllText(_host.ResolvConf, "");
        await _host.CreateAsync("front");
        await _host.RunAsync("web", "front", spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        await _host.RunAsync("gone", "front");
        var web = _host.Open("web");
        using var server = new EchoServer(web, "web");
        using var connection = await Caller.ConnectAsync(_host.Client, BridgeHost.Address, 8080);
        await Caller.ReadAsync(connection, "before");
        await _host.RestartAsync("web");
        await connection.SendAsync("still here"u8.ToArray());
        Assert.Equal("still here", await Caller.ReadAsync(connection, "after"));
        Assert.Equal("8080", _host.Networking.Find(_host.Containers[0].Id)!.Published[0].HostPort);
        Assert.Equal("172.17.0.2", Dig(web, "web"));
        Assert.Equal("", Dig(web, "gone"));
        Assert.Equal("172.17.0.3/16", (await _host.RunAsync("next", "front")).Legs[0].Addresses[0]);
        await Assert.ThrowsAsync<SkeinException>(() => _host.RunAsync("late", with: spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080"))));
    }

    [Fact]
    public async Task A_connect_or_disconnect_that_a_killed_daemon_had_begun_is_finished_by_the_next()
    {
        File.WriteAllText(_host.ResolvConf, "");
        await _host.CreateAsync("front");
        await _host.CreateAsync("back");
        await _host.RunAsync("db", "front");
        await _host.RunAsync("web", "back");
        var (db, definition) = (_host.Open("db"), _host.Containers[1]);
        // Written down, and no more.
        definition.Standalone.Endpoints.Add(new StandaloneEndpoint { Network = "front", Number = 1, Aliases = { "www" } });
        definition.Standalone.Endpoints.RemoveAt(0);
        await _host.RestartAsync("db", "web");
        var leg = Assert.Single(_host.Networking.Find(definition.Id)!.Legs);
        Assert.Equal("eth1 172.17.0.3/16", $"{leg.Interface} {leg.Addresses[0]}");
        var inside = _host.Open("web").Run(() => Commands.Run("ip", "-br", "link"));
        Assert.Contains("eth1", inside);
        Assert.DoesNotContain("eth0", inside);
        Assert.Equal("172.17.0.3", Dig(db, "www"));
        await _host.Networking.RemoveNetworkAsync("back", default);
    }

    [Fact]
    public async Task A_leg_is_written_down_before_it_is_made()
    {
        await _host.CreateAsync("front");
        await _host.RunAsync("web");
        var (web, definition) = (_host.Open("web"), _host.Containers[0]);
        definition.Standalone.Endpoints.Add(new StandaloneEndpoint { Network = "front", Number = 1 });
        var seen = "nothing was written down";
        await _host.ConnectAsync(definition, () =>
        {
            seen = web.Run(() => Commands.Run("ip", "-br", "link"));
            return Task.CompletedTask;
        });
        Assert.DoesNotContain("eth1", seen);
        Assert.Contains("eth0", seen);
        Assert.Contains("eth1", web.Run(() => Commands.Run("ip", "-br", "link")));
    }

    [Fact]
    public async Task A_network_that_was_written_down_and_not_made_is_made_by_the_next_daemon()
    {
        var network = _host.Networks.Create(new LocalNetwork { Name = "cut" });
        await _host.RestartAsync();
        Assert.Contains($"br-{network.Id[..12]}", _host.Space.Run(() => Commands.Run("ip", "-br", "link")));
    }

    [Fact]
    public async Task Kernel_parameters_inside_a_users_container_are_put_right_as_inside_a_tasks()
    {
        await _host.RunAsync("web");
        var (web, healed) = (_host.Open("web"), _host.Networking.Healed);
        web.Run(() => Commands.Run("sysctl", "-qw", "net.ipv4.conf.eth0.accept_redirects=1", "net.ipv6.conf.all.disable_ipv6=0"));
        await _host.Networking.VerifyAsync(whole: true, default);
        Assert.True(_host.Networking.Healed > healed);
        Assert.Equal("0 1", web.Run(() => Commands.Run("sysctl", "-n", "net.ipv4.conf.eth0.accept_redirects", "net.ipv6.conf.all.disable_ipv6")).Trim().Replace('\n', ' '));
        healed = _host.Networking.Healed;
        await _host.Networking.VerifyAsync(whole: true, default);
        Assert.Equal(healed, _host.Networking.Healed);
    }

    [Fact]
    public async Task What_others_change_is_put_right()
    {
        await _host.RunAsync("web", with: spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        var web = _host.Open("web");
        using var server = new EchoServer(web, "web");
        _host.Follow();
        _host.Space.Run(() => Commands.Run("nft", "flush", "ruleset"));
        await Poll.UntilAsync("the table is back", () => _host.Space.Run(() => Commands.Run("nft", "list", "tables")).Contains("skein-bridges"));
        Assert.Equal($"web sees {BridgeHost.ClientAddress}", await Caller.TcpAsync(_host.Client, BridgeHost.Address, 8080));
        _host.Space.Run(() => Commands.Run("ip", "link", "del", "docker0"));
        await Poll.UntilAsync("the bridge is back with its port", () => _host.Space.Run(() => Commands.Try("ip", "-br", "link", "show", "master", "docker0", "up")).Output.Contains("skb0-"), () => _host.Space.Run(() => Commands.Run("ip", "addr")));
        Assert.Equal($"web sees {BridgeHost.ClientAddress}", await Caller.TcpAsync(_host.Client, BridgeHost.Address, 8080));
    }

    [Fact]
    public async Task A_firewall_that_drops_is_opened_for_the_hosts_own_bridges_in_no_swarm_as_well()
    {
        await _host.RunAsync("web", with: spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        using var server = new EchoServer(_host.Open("web"), "web");
        _host.Follow();
        _host.Space.Run(() => Commands.Run("iptables", "-P", "FORWARD", "DROP"));
        await Poll.UntilAsync("FORWARD is opened", () => Forward().Contains("-A FORWARD -o docker0 -m comment --comment \"skein: containers\" -j ACCEPT"), Forward);
        Assert.DoesNotContain("docker_gwbridge", Forward());
        Assert.Equal($"web sees {BridgeHost.ClientAddress}", await Caller.TcpAsync(_host.Client, BridgeHost.Address, 8080));
        _host.Open("web").Run(() => Commands.Run("ping", "-c", "1", "-W", "2", BridgeHost.ClientAddress));
    }

    [Fact]
    public async Task Leaving_the_swarm_leaves_users_containers_alone()
    {
        File.WriteAllText(_host.ResolvConf, "");
        await _host.CreateAsync("front");
        await _host.RunAsync("web", "front", spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        var web = _host.Open("web");
        using var server = new EchoServer(web, "web");
        await _host.Services.AllOpenedAsync(default);
        await _host.Services.RemoveAllAsync(default);
        Assert.Equal($"web sees {BridgeHost.ClientAddress}", await Caller.TcpAsync(_host.Client, BridgeHost.Address, 8080));
        Assert.Equal("172.17.0.2", Dig(web, "web"));
    }

    private string Forward() => _host.Space.Run(() => Commands.Run("iptables", "-S", "FORWARD"));

    private static string Dig(NetworkNamespace from, params string[] what) =>
        from.Run(() => Commands.Run("dig", ["@127.0.0.11", "+short", "+tries=2", "+time=3", .. what])).Trim();
}
