using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Skein.Agent.Networks;
using Skein.Linux.Mounts;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Networks;

/// <summary>Two hosts on a LAN made of namespaces; c1 on the first, c2 on the second, one overlay network.</summary>
public sealed class OverlayNetworkingTests : IAsyncDisposable
{
    private const uint Vni = 4097;
    private static readonly string C1 = new('1', 64), C2 = new('2', 64);
    private static readonly OverlayNetwork Ov = new() { Id = "ovid", Name = "ov", Vni = Vni, Ipam = { new IpamConfig { Subnet = "10.0.1.0/24", Gateway = "10.0.1.1" } } };
    private static readonly OverlayNetwork IngressNetwork = new() { Id = "ingressid", Name = "ingress", Vni = 4096, Ingress = true };

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-overlay-").FullName;
    private readonly NetworkNamespace _lan;
    private readonly OverlayHost _a;
    private readonly OverlayHost _b;
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public OverlayNetworkingTests()
    {
        _lan = NetworkNamespace.Create(Path.Combine(_folder, "lan"));
        using (var netlink = RtNetlink.Open(_lan)) netlink.Apply(new NetlinkBatch().AddBridge("lan", 1500));
        (_a, _b) = (new OverlayHost(_folder, _lan, 1), new OverlayHost(_folder, _lan, 2));
    }

    [Fact]
    public async Task Containers_of_two_hosts_reach_each_other_and_nothing_else_leaves_the_host()
    {
        await BothAttachedAsync();
        using var c1 = _a.OpenContainer(C1);
        c1.Run(() => Commands.Run("ping", "-c", "2", "-W", "2", "10.0.1.6"));
        c1.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "-M", "do", "-s", "1422", "10.0.1.6"));
        using var fabric = _a.OpenFabric();
        var before = Sent(fabric);
        Assert.NotEqual(0, c1.Run(() => Commands.Try("ping", "-c", "1", "-W", "1", "10.0.1.77")).Exit);
        Assert.NotEqual(0, c1.Run(() => Commands.Try("ping", "-c", "1", "-W", "1", "-b", "10.0.1.255")).Exit);
        Assert.Equal(before, Sent(fabric));
        Assert.DoesNotContain("dynamic", fabric.Run(() => Commands.Run("bridge", "-s", "fdb")));
        Assert.Equal("10.0.1.6 lladdr 02:42:0a:00:01:06 PERMANENT", fabric.Run(() => Commands.Run("ip", "neigh", "show", "dev", $"vx-{Vni}")).Trim());
    }

    [Fact]
    public async Task A_container_has_its_legs_its_default_route_and_its_files()
    {
        await BothAttachedAsync();
        var network = _a.Networking.Find(C1)!;
        Assert.Equal(["eth0 10.0.1.5/24", "eth1 172.18.0.3/16"], network.Legs.Select(leg => $"{leg.Interface} {leg.Addresses[0]}"));
        Assert.Equal($"open {C1} eth0=10.0.1.5/24 eth1=172.18.0.3/16", Assert.Single(_a.Services.Calls));
        Assert.Equal("nameserver 127.0.0.11", File.ReadLines(network.ResolvConf).First());
        Assert.Contains("ndots:0", File.ReadAllText(network.ResolvConf));
        Assert.EndsWith("10.0.1.5\tbox\n", File.ReadAllText(network.Hosts));
        Assert.Equal("box\n", File.ReadAllText(network.Hostname));
        using var c1 = _a.OpenContainer(C1);
        Assert.Equal("default via 172.18.0.1 dev eth1", c1.Run(() => Commands.Run("ip", "route", "show", "default")).Trim());
        var addresses = c1.Run(() => Commands.Run("ip", "addr"));
        Assert.Contains("mtu 1450", addresses);
        Assert.Contains("127.0.0.1/8", addresses);
        Assert.DoesNotContain("inet6", addresses);
        c1.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "172.18.0.1"));
        // Again is as good as once.
        Assert.Equal(network.Legs.Select(leg => leg.Addresses[0]), (await _a.Networking.AttachAsync(Spec(C1, "10.0.1.5"), _cancel)).Legs.Select(leg => leg.Addresses[0]));
    }

    [Fact]
    public async Task What_is_deleted_by_hand_comes_back()
    {
        await BothAttachedAsync();
        using var c1 = _a.OpenContainer(C1);
        using var fabric = _a.OpenFabric();
        using var netlink = RtNetlink.Open(fabric);
        foreach (var damage in new[]
        {
            $"bridge fdb del 02:42:0a:00:01:06 dev vx-{Vni} self",
            $"bridge fdb del 02:42:0a:00:01:06 dev vx-{Vni} master",
            $"ip neigh del 10.0.1.6 dev vx-{Vni}",
            $"bridge fdb append 00:00:00:00:00:00 dev vx-{Vni} dst 10.99.0.9",
            $"ip link del vx-{Vni}",
            $"ip link del br-{Vni}",
        })
        {
            var healed = _a.Networking.Healed;
            fabric.Run(() => Commands.Run("sh", "-c", damage));
            await Poll.UntilAsync($"healed after {damage}", () => _a.Networking.Healed > healed && Whole(netlink));
            c1.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "10.0.1.6"));
        }
    }

    [Fact]
    public async Task What_is_changed_by_hand_at_a_container_comes_back_once_and_its_connections_live_on()
    {
        await BothAttachedAsync();
        using var c1 = _a.OpenContainer(C1);
        using var c2 = _b.OpenContainer(C2);
        using var fabric = _a.OpenFabric();
        using var listener = NamespaceSockets.ListenTcp(c2, new IPEndPoint(IPAddress.Parse("10.0.1.6"), 7000));
        using var client = NamespaceSockets.Open(c1, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.0.1.6"), 7000), _cancel);
        using var served = await listener.AcceptAsync(_cancel);
        await _a.Networking.VerifyAsync(_cancel);
        Assert.Equal(0, _a.Networking.Healed);

        var (port, gateway) = (DeviceNames.FabricPort(C1, 0), DeviceNames.GatewayPort(C1));
        foreach (var (space, damage) in new[]
        {
            (c1, "ip addr flush dev eth0"),
            (c1, "ip addr flush dev eth1"),
            (c1, "ip route del default"),
            (c1, "ip route replace default via 172.18.0.9 dev eth1"),
            (c1, "ip link set eth0 down"),
            (c1, "ip link set lo down"),
            (c1, "ip addr flush dev lo"),
            (c1, "ip link set eth0 mtu 900"),
            (c1, "ip link set eth0 address 02:42:0a:00:01:77"),
            (c1, "ip link del eth0"),
            (c1, "ip link del eth1"),
            (c1, "ip link set eth0 down && ip link set eth0 name foo"),
            (c1, "sysctl -qw net.ipv4.ip_unprivileged_port_start=1024 net.ipv6.conf.all.disable_ipv6=0"),
            (_a.Space, $"ip link set {gateway} nomaster"),
            (_a.Space, $"ip link set {gateway} down"),
            (_a.Space, $"ip link set {gateway} mtu 800"),
            (_a.Space, $"bridge link set dev {gateway} isolated off learning on flood on"),
            (_a.Space, "ip neigh flush nud permanent dev docker_gwbridge"),
            (_a.Space, $"bridge fdb del {MacAddress.OfIPv4(IPAddress.Parse("172.18.0.3"))} dev {gateway} master"),
            (c1, "ip neigh flush nud permanent dev eth1"),
            (_a.Space, $"ip link del {gateway}"),
            (_a.Space, "ip addr flush dev docker_gwbridge"),
            (_a.Space, "ip link set docker_gwbridge mtu 900"),
            (_a.Space, "ip link set docker_gwbridge address 02:00:00:00:00:01"),
            (_a.Space, "ip link del docker_gwbridge"),
            (fabric, $"ip link set {port} nomaster"),
            (fabric, $"ip link set {port} down && ip link set {port} name foo"),
            (fabric, $"bridge link set dev {port} isolated on bcast_flood off"),
            (fabric, $"ip link del {port}"),
            (fabric, $"ip link set br-{Vni} type bridge mcast_snooping 1"),
            (_a.Space, $"umount -l {_a.Options.PinOf(C1)}"),
            (_a.Space, $"umount -l {_a.Options.PinOf("skein-fabric")}"),
        })
        {
            var (right, healed) = (State(c1, fabric), _a.Networking.Healed);
            space.Run(() => Commands.Run("sh", "-c", damage));
            var now = "";
            await Poll.UntilAsync($"healed after {damage}: {right}", () =>
            {
                _a.Networking.VerifyAsync(_cancel).GetAwaiter().GetResult();
                return (now = State(c1, fabric)) == right;
            }, () => now);
            Assert.True(damage.Contains("skein-fabric", StringComparison.Ordinal) || _a.Networking.Healed > healed, $"{damage}: not counted");
            await EchoAsync(client, served);

            healed = _a.Networking.Healed;
            await _a.Networking.VerifyAsync(_cancel);
            Assert.Equal(($"{damage}", healed), ($"{damage}", _a.Networking.Healed));
        }
    }

    [Fact]
    public async Task A_daemon_that_comes_back_puts_right_what_was_changed_meanwhile()
    {
        await BothAttachedAsync();
        using var c1 = _a.OpenContainer(C1);
        using var fabric = _a.OpenFabric();
        var right = State(c1, fabric);
        await _a.RestartAsync();
        c1.Run(() => Commands.Run("sh", "-c", "ip addr flush dev eth0; ip link set eth1 mtu 900; ip link set lo down"));
        _a.Space.Run(() => Commands.Run("ip", "link", "set", DeviceNames.GatewayPort(C1), "nomaster"));

        PublishBoth(_a);
        await _a.Networking.RecoverAsync([Spec(C1, "10.0.1.5")], _cancel);
        _a.Start();
        var now = "";
        await Poll.UntilAsync($"as before: {right}", () => (now = State(c1, fabric)) == right, () => now);
        c1.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "10.0.1.6"));
    }

    [Fact]
    public async Task A_container_that_may_arrange_its_own_network_is_left_to_it()
    {
        PublishBoth(_a);
        await _a.Networking.AttachAsync(Spec(C1, "10.0.1.5") with { ArrangesItself = true }, _cancel);
        using var c1 = _a.OpenContainer(C1);
        c1.Run(() => Commands.Run("sh", "-c", "ip route del default; ip link set eth0 mtu 900"));
        _a.Space.Run(() => Commands.Run("ip", "link", "set", DeviceNames.GatewayPort(C1), "nomaster"));
        await _a.Networking.VerifyAsync(_cancel);
        Assert.Equal("", c1.Run(() => Commands.Run("ip", "route", "show", "default")));
        Assert.Contains("mtu 900", c1.Run(() => Commands.Run("ip", "link", "show", "eth0")));
        Assert.Contains("master docker_gwbridge", _a.Space.Run(() => Commands.Run("ip", "link", "show", DeviceNames.GatewayPort(C1))));
    }

    [Fact]
    public async Task A_restart_of_the_daemon_takes_over_with_connections_alive_and_strangers_gone()
    {
        await BothAttachedAsync();
        await _a.Networking.AttachAsync(Spec(new string('9', 64), "10.0.1.9"), _cancel);
        using var c1 = _a.OpenContainer(C1);
        using var c2 = _b.OpenContainer(C2);
        using var listener = NamespaceSockets.ListenTcp(c2, new IPEndPoint(IPAddress.Parse("10.0.1.6"), 7000));
        using var client = NamespaceSockets.Open(c1, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.0.1.6"), 7000), _cancel);
        using var served = await listener.AcceptAsync(_cancel);
        await EchoAsync(client, served);

        await _a.RestartAsync();
        await EchoAsync(client, served);
        // Of a removal that was cut short after the pin was gone.
        var forgotten = Directory.CreateDirectory(_a.Options.FilesOf(new string('8', 64))).FullName;
        File.WriteAllText(forgotten + "/hosts", "");
        PublishBoth(_a);
        await _a.Networking.RecoverAsync([Spec(C1, "10.0.1.5")], _cancel);
        _a.Start();
        await EchoAsync(client, served);

        Assert.Equal("172.18.0.3/16", _a.Networking.Find(C1)!.Legs[1].Addresses[0]);
        Assert.Contains($"close {new string('9', 64)}", _a.Services.Calls);
        Assert.False(NetworkNamespace.IsPinned(_a.Options.PinOf(new string('9', 64))));
        Assert.False(Directory.Exists(forgotten));
        Assert.True(Directory.Exists(_a.Options.FilesOf(C1)));
        Assert.Single(Links(_a.Space), name => name.StartsWith("sk-", StringComparison.Ordinal) && name != "sk-ingress");
    }

    [Fact]
    public async Task A_stranger_that_cannot_be_removed_keeps_no_container_from_being_taken_over()
    {
        await BothAttachedAsync();
        var stranger = new string('9', 64);
        NetworkNamespace.Create(_a.Options.PinOf(stranger)).Dispose();
        var busy = Directory.CreateDirectory(Path.Combine(_a.Options.FilesOf(stranger), "busy")).FullName;
        MountPoint.Mount("tmpfs", busy, "tmpfs", MountFlags.None);
        try
        {
            await _a.RestartAsync();
            PublishBoth(_a);
            await _a.Networking.RecoverAsync([Spec(C1, "10.0.1.5")], _cancel);
        }
        finally
        {
            MountPoint.Unmount(busy);
        }
        Assert.NotNull(_a.Networking.Find(C1));
        Assert.Equal([$"open {C1} eth0=10.0.1.5/24 eth1=172.18.0.3/16", "all-opened"], _a.Services.Calls.TakeLast(2));
    }

    [Fact]
    public async Task A_daemon_that_comes_back_has_opened_its_containers_and_ingress_when_it_says_that_all_are()
    {
        _a.Publish([IngressNetwork], [IngressEndpoint(_a, "10.0.0.2/24")]);
        _a.Start();
        await Poll.UntilAsync("ingress", () => _a.Networking.Ingress is not null);
        await _a.RestartAsync();
        _a.Publish([IngressNetwork], [IngressEndpoint(_a, "10.0.0.2/24")]);
        await _a.Networking.RecoverAsync([], _cancel);
        Assert.Equal(["open-ingress eth0=10.0.0.2/24 eth1=172.18.0.2/16", "all-opened"], _a.Services.Calls);
    }

    /// <summary>As /etc/resolv.conf is before systemd-resolved has started.</summary>
    [Fact]
    public async Task A_host_whose_resolv_conf_leads_to_nothing_has_containers_all_the_same()
    {
        _a.ResolvConf = Path.Combine(_folder, "resolv.conf");
        File.CreateSymbolicLink(_a.ResolvConf, Path.Combine(_folder, "nowhere"));
        await _a.RestartAsync();
        await BothAttachedAsync();
        Assert.Equal("nameserver 127.0.0.11\noptions ndots:0\n", File.ReadAllText(_a.Networking.Find(C1)!.ResolvConf));
    }

    [Fact]
    public async Task The_ingress_namespace_stands_between_docker_gwbridge_and_the_overlay()
    {
        foreach (var host in new[] { _a, _b })
        {
            host.Publish([IngressNetwork], [IngressEndpoint(_a, "10.0.0.2/24"), IngressEndpoint(_b, "10.0.0.3/24")]);
            host.Start();
        }
        await Poll.UntilAsync("ingress on both hosts", () => _a.Networking.Ingress is not null && _b.Networking.Ingress is not null);
        Assert.Equal(["open-ingress eth0=10.0.0.2/24 eth1=172.18.0.2/16"], _a.Services.Calls);
        var gateway = Assert.Single(_a.HostNetworks.Find("docker_gwbridge")!.Ipam);
        Assert.Equal(("172.18.0.0/16", "172.18.0.1"), (gateway.Subnet, gateway.Gateway));
        _a.Space.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "172.18.0.2"));
        using (var ingress = NetworkNamespace.Open(_a.Options.PinOf("skein-ingress")))
        {
            await Poll.UntilAsync("ingress to ingress", () => ingress.Run(() => Commands.Try("ping", "-c", "1", "-W", "1", "10.0.0.3")).Exit == 0);
        }
        _a.Publish([], []);
        await Poll.UntilAsync("ingress gone", () => _a.Networking.Ingress is null && !NetworkNamespace.IsPinned(_a.Options.PinOf("skein-ingress")));
        Assert.Contains("close-ingress", _a.Services.Calls);
    }

    [Fact]
    public async Task A_network_that_is_no_longer_assigned_goes_with_its_last_container()
    {
        await BothAttachedAsync();
        using var fabric = _a.OpenFabric();
        _a.Publish([IngressNetwork], []);
        await Poll.UntilAsync("the other network", () => Links(fabric).Contains("vx-4096"));
        Assert.Contains($"vx-{Vni}", Links(fabric));
        await _a.Networking.DetachAsync(C1, _cancel);
        await Poll.UntilAsync("no devices of the network", () => !Links(fabric).Any(name => name.EndsWith($"-{Vni}", StringComparison.Ordinal)));
        Assert.Equal(0, _a.Networking.Healed);   // it was meant so: nobody else has changed anything
    }

    [Fact]
    public async Task Another_MTU_of_the_underlay_is_followed_and_is_nobody_s_change()
    {
        await BothAttachedAsync();
        await _a.Networking.VerifyAsync(_cancel);
        var healed = _a.Networking.Healed;
        _a.Space.Run(() => Commands.Run("ip", "link", "set", "eth0", "mtu", "1400"));
        await _a.Networking.VerifyAsync(_cancel);
        using var c1 = _a.OpenContainer(C1);
        Assert.Contains("mtu 1350", c1.Run(() => Commands.Run("ip", "link", "show", "eth0")));
        Assert.Contains("mtu 1400", c1.Run(() => Commands.Run("ip", "link", "show", "eth1")));
        Assert.Equal(healed, _a.Networking.Healed);

        c1.Run(() => Commands.Run("ip", "link", "set", "eth0", "mtu", "900"));
        await _a.Networking.VerifyAsync(_cancel);
        Assert.Equal(healed + 1, _a.Networking.Healed);
    }

    [Fact]
    public async Task Leaving_removes_everything()
    {
        var before = Links(_a.Space).Order().ToList();
        await BothAttachedAsync();
        await _a.Networking.LeaveAsync(_cancel);
        Assert.Equal(before, Links(_a.Space).Order());
        Assert.Empty(MountTable.Under(_a.Options.Pins));
        Assert.False(Directory.Exists(_a.Options.Pins));
        Assert.False(Directory.Exists(Path.Combine(_a.Options.DataRoot, "networks")));
    }

    [Fact]
    public async Task Who_comes_too_late_for_a_swarm_that_was_left_makes_nothing_anew()
    {
        await BothAttachedAsync();
        await _a.Networking.RecoverAsync([], _cancel);
        await _a.Networking.LeaveAsync(_cancel);
        IOverlayLegs late = _a.Networking;
        Assert.Equal("This node is not part of a swarm", (await Assert.ThrowsAsync<SkeinException>(() => late.EnsureAsync([Ov.Id], _cancel))).Message);
        // As the leave ends, and as the session's memory is emptied.
        _a.Assignments.Publish(Skein.Agent.Session.NodeAssignments.Empty);
        await Assert.ThrowsAsync<SkeinException>(() => late.EnsureAsync([Ov.Id], _cancel));
        Assert.DoesNotContain("docker_gwbridge", Links(_a.Space));
    }

    [Fact]
    public async Task Another_subnet_is_taken_when_the_host_has_a_route_into_the_usual_one()
    {
        _a.Space.Run(() => Commands.Run("ip", "route", "add", "172.18.4.0/24", "via", "10.99.0.254"));
        _a.Publish([Ov], []);
        var network = await _a.Networking.AttachAsync(Spec(C1, "10.0.1.5"), _cancel);
        Assert.Equal("172.19.0.3/16", network.Legs[1].Addresses[0]);
    }

    [Fact]
    public async Task Only_a_container_with_a_port_of_the_host_is_reached_from_other_ports_of_docker_gwbridge()
    {
        _a.Publish([Ov], []);
        await _a.Networking.AttachAsync(Spec(C1, "10.0.1.5"), _cancel);
        await _a.Networking.AttachAsync(
            Spec(C2, "10.0.1.6") with { Ports = [new PortConfig { TargetPort = 80, PublishedPort = 8099, PublishMode = PublishMode.Host }] }, _cancel);
        Assert.Contains("isolated on", PortOf(C1));
        Assert.Contains("isolated off", PortOf(C2));

        string PortOf(string id) => _a.Space.Run(() => Commands.Run("bridge", "-d", "link", "show", "dev", DeviceNames.GatewayPort(id)));
    }

    [Fact]
    public async Task An_internal_network_has_no_way_out_and_a_network_option_sets_the_MTU()
    {
        _a.Publish([new OverlayNetwork(Ov) { Internal = true, DriverOptions = { ["com.docker.network.driver.mtu"] = "1300" } }], []);
        var network = await _a.Networking.AttachAsync(Spec(C1, "10.0.1.5"), _cancel);
        Assert.Equal(["eth0"], network.Legs.Select(leg => leg.Interface));
        using var c1 = _a.OpenContainer(C1);
        Assert.Equal("", c1.Run(() => Commands.Run("ip", "route", "show", "default")));
        Assert.Contains("mtu 1250", c1.Run(() => Commands.Run("ip", "link", "show", "eth0")));
    }

    [Fact]
    public async Task Link_local_addresses_are_on_legs_with_IPv6_alone_and_not_on_docker_gwbridge()
    {
        _a.Publish([Ov], []);
        var spec = Spec(C1, "10.0.1.5");
        spec.Legs[0].Addresses.Add("fd00:1::5/64");
        await _a.Networking.AttachAsync(spec, _cancel);
        using var c1 = _a.OpenContainer(C1);
        Assert.Contains("fd00:1::5/64", c1.Run(() => Commands.Run("ip", "-6", "addr", "show", "dev", "eth0")));
        Assert.Equal("", c1.Run(() => Commands.Run("ip", "-6", "addr", "show", "dev", "eth1")));

        c1.Run(() => Commands.Run("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=0"));
        await _a.Networking.VerifyAsync(_cancel);
        Assert.Equal("", c1.Run(() => Commands.Run("ip", "-6", "addr", "show", "dev", "eth1")));

        // Nor has the host's end, one that is made anew neither: by it what the host serves on [::] is reached.
        string OfBridge() => _a.Space.Run(() => Commands.Run("ip", "-6", "addr", "show", "dev", KnownNetworks.GatewayBridge));
        Assert.Equal("", OfBridge());
        _a.Space.Run(() => Commands.Run("ip", "link", "del", KnownNetworks.GatewayBridge));
        await _a.Networking.VerifyAsync(_cancel);
        Assert.Equal("", OfBridge());
    }

    [Fact]
    public async Task A_container_that_says_it_is_a_router_is_nobody_s()
    {
        _a.Publish([Ov], []);
        _a.Start();
        foreach (var (id, address) in new[] { (C1, "10.0.1.5"), (C2, "10.0.1.6") })
        {
            var spec = Spec(id, address);
            spec.Legs[0].Addresses.Add($"fd00:1::{address[^1]}/64");
            await _a.Networking.AttachAsync(spec, _cancel);
        }
        using var c1 = _a.OpenContainer(C1);
        using var c2 = _a.OpenContainer(C2);
        using var fabric = _a.OpenFabric();
        var before = c2.Run(() => Commands.Run("ip", "-6", "route"));
        await Poll.UntilAsync("c2 has heard it", () =>
        {
            Advertise(c1);
            return c2.Run(() => Commands.Run("sh", "-c", "grep Icmp6InRouterAdvertisements /proc/self/net/snmp6")).Split()[^2] is not "0";
        });
        Assert.Equal(before, c2.Run(() => Commands.Run("ip", "-6", "route")));
        Assert.Equal("", fabric.Run(() => Commands.Run("ip", "-6", "addr")));
        c1.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "fd00:1::6"));
    }

    [Fact]
    public async Task Nobody_on_docker_gwbridge_takes_what_is_another_s()
    {
        await BothAttachedAsync();
        await _a.Networking.AttachAsync(Spec(new('3', 64), "10.0.1.7"), _cancel);
        using var c1 = _a.OpenContainer(C1);
        using var c3 = _a.OpenContainer(new('3', 64));
        using var victim = NamespaceSockets.BindUdp(c3, new IPEndPoint(IPAddress.Any, 9999));
        // By its address, and by that of its device: it has to send for each.
        c1.Run(() => Commands.Run("sh", "-c",
            "ip addr add 172.18.0.4/32 dev eth1; ip link set eth1 address 02:42:ac:12:00:04; "
            + "ping -c 2 -i 0.2 -W 1 172.18.0.1; ping -c 2 -i 0.2 -W 1 -I 172.18.0.4 172.18.0.1; true"));
        using var host = NamespaceSockets.Open(_a.Space, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await host.SendToAsync("its own"u8.ToArray(), new IPEndPoint(IPAddress.Parse("172.18.0.4"), 9999), _cancel);
        Assert.Equal(7, await victim.ReceiveAsync(new byte[16], Poll.Soon));
        Assert.Equal("172.18.0.4 lladdr 02:42:ac:12:00:04 PERMANENT", _a.Space.Run(() => Commands.Run("ip", "neigh", "show", "172.18.0.4")).Trim().Replace(" dev docker_gwbridge", "", StringComparison.Ordinal));
        Assert.Equal("172.18.0.1 lladdr 02:42:ac:12:00:01 PERMANENT", c3.Run(() => Commands.Run("ip", "neigh", "show", "dev", "eth1")).Trim());
    }

    [Fact]
    public async Task A_network_that_was_not_assigned_is_refused_and_leaves_nothing()
    {
        _a.Publish([], []);
        var error = await Assert.ThrowsAsync<SkeinException>(() => _a.Networking.AttachAsync(Spec(C1, "10.0.1.5"), _cancel));
        Assert.Contains("ovid", error.Message);
        Assert.False(NetworkNamespace.IsPinned(_a.Options.PinOf(C1)));
        Assert.Null(_a.Networking.Find(C1));
    }

    [Fact]
    public async Task Twenty_containers_at_once_get_addresses_of_their_own()
    {
        PublishBoth(_a);
        _a.Start();
        await _a.Networking.AttachAsync(Spec(C1, "10.0.1.5"), _cancel);
        var clock = Stopwatch.StartNew();
        var networks = await Task.WhenAll(Enumerable.Range(10, 20).Select(i => Task.Run(() => _a.Networking.AttachAsync(Spec($"{i:x64}"[^12..].PadRight(64, 'f'), $"10.0.1.{i}"), _cancel))));
        TestContext.Current.TestOutputHelper?.WriteLine($"20 containers attached in {clock.ElapsedMilliseconds} ms");
        Assert.Equal(20, networks.Select(network => network.Legs[1].Addresses[0]).Distinct().Count());
        using var c1 = _a.OpenContainer(C1);
        c1.Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "10.0.1.29"));
    }

    public async ValueTask DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        _lan.Dispose();
        NetworkNamespace.Delete(Path.Combine(_folder, "lan"));
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A router's advertisement (RFC 4861, 4.2): it is the way out, and the network fdee::/64 is here.</summary>
    private static void Advertise(NetworkNamespace from)
    {
        byte[] message =
        [
            134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0,
            3, 4, 64, 0xc0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xfd, 0xee, .. new byte[14],
        ];
        using var netlink = RtNetlink.Open(from);
        var device = netlink.FindLink("eth0")!.Index;
        using var socket = NamespaceSockets.Open(from, AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
        try
        {
            socket.SendTo(message, new IPEndPoint(new IPAddress(IPAddress.Parse("ff02::1").GetAddressBytes(), device), 0));
        }
        catch (SocketException early) when (early.SocketErrorCode is SocketError.NetworkUnreachable)
        {
            // The device has come up this moment.
        }
    }

    private async Task BothAttachedAsync()
    {
        PublishBoth(_a);
        PublishBoth(_b);
        _a.Start();
        _b.Start();
        await _a.Networking.AttachAsync(Spec(C1, "10.0.1.5"), _cancel);
        await _b.Networking.AttachAsync(Spec(C2, "10.0.1.6"), _cancel);
    }

    private void PublishBoth(OverlayHost host) => host.Publish([Ov], [Endpoint(_a, "t1", "10.0.1.5"), Endpoint(_b, "t2", "10.0.1.6")]);

    private static OverlayEndpoint Endpoint(OverlayHost host, string task, string address) => new()
    {
        Id = $"{task}/ovid",
        NetworkId = "ovid",
        Addresses = { $"{address}/24" },
        Mac = MacAddress.OfIPv4(IPAddress.Parse(address)).ToString(),
        NodeId = host.NodeId,
        Vtep = host.Vtep,
        TaskId = task,
    };

    private static OverlayEndpoint IngressEndpoint(OverlayHost host, string address) => new()
    {
        Id = $"{host.NodeId}/ingressid",
        NetworkId = "ingressid",
        Addresses = { address },
        Mac = MacAddress.OfIPv4(InterfaceAddress.Parse(address).Address).ToString(),
        NodeId = host.NodeId,
        Vtep = host.Vtep,
    };

    private static ContainerNetworkSpec Spec(string id, string address) => new(
        id,
        "ov.1.x",
        "t",
        "s",
        "box",
        [new NetworkAttachment { NetworkId = "ovid", Addresses = { $"{address}/24" }, Mac = MacAddress.OfIPv4(IPAddress.Parse(address)).ToString() }],
        [],
        null,
        [],
        new Dictionary<string, string>());

    private static bool Whole(RtNetlink netlink)
    {
        if (netlink.FindLink($"vx-{Vni}") is not { Up: true, Master: not 0 } vxlan) return false;
        var rows = netlink.Forwarding().Where(row => row.Link == vxlan.Index && row.Mac.ToString() == "02:42:0a:00:01:06").ToList();
        var flooding = netlink.Forwarding().Any(row => row.Link == vxlan.Index && row.Mac == default);
        return !flooding && rows.Count == 2 && rows.Exists(row => Equals(row.Remote, IPAddress.Parse("10.99.0.2"))) && rows.Exists(row => row.Master == vxlan.Master)
            && netlink.Neighbours().Any(entry => entry.Link == vxlan.Index && entry.IsPermanent && entry.Address.ToString() == "10.0.1.6")
            && netlink.FindLink(DeviceNames.FabricPort(C1, 0))!.Master == vxlan.Master;
    }

    private static long Sent(NetworkNamespace fabric)
    {
        using var json = JsonDocument.Parse(fabric.Run(() => Commands.Run("ip", "-s", "-j", "link", "show", $"vx-{Vni}")));
        return json.RootElement[0].GetProperty("stats64").GetProperty("tx").GetProperty("packets").GetInt64();
    }

    private static List<string> Links(NetworkNamespace space)
    {
        using var netlink = RtNetlink.Open(space);
        return [.. netlink.Links().Select(link => link.Name)];
    }

    private static async Task EchoAsync(Socket client, Socket served)
    {
        var soon = Poll.Soon;
        await client.SendAsync("hello"u8.ToArray(), soon);
        Assert.Equal(5, await served.ReceiveAsync(new byte[16], soon));
    }

    private string GatewayEntries() => _a.Space.Run(() => Commands.Run("sh", "-c",
        "ip neigh show nud permanent dev docker_gwbridge | sort; bridge fdb show br docker_gwbridge | grep static | sort"));

    /// <summary>What stands for c1, and where: all that the product has made of devices, addresses, routes, parameters and pins.</summary>
    private string State(NetworkNamespace c1, NetworkNamespace fabric) => string.Join('\n',
        [
            .. Devices(c1, withMac: true),
            .. Devices(fabric, withMac: false).Where(line => line.Contains(DeviceNames.FabricPort(C1, 0), StringComparison.Ordinal) || line.Contains($"-{Vni} ", StringComparison.Ordinal)),
            .. Devices(_a.Space, withMac: false),
            GatewayEntries(),
            c1.Run(() => Commands.Run("ip", "neigh", "show", "nud", "permanent")),
            c1.Run(() => Commands.Run("sh", "-c", "ip route show table all | sort; cd /proc/sys/net; grep . ipv4/ip_unprivileged_port_start ipv4/ping_group_range ipv6/conf/all/disable_ipv6")),
            .. new[] { C1, "skein-fabric" }.Select(name => $"{name} {NetworkNamespace.IsPinned(_a.Options.PinOf(name))}"),
        ]);

    private static IEnumerable<string> Devices(NetworkNamespace space, bool withMac)
    {
        using var netlink = RtNetlink.Open(space);
        var links = netlink.Links();
        var addresses = netlink.Addresses();
        return links.OrderBy(link => link.Name, StringComparer.Ordinal).Select(link =>
            $"{link.Name} {link.Kind} up={link.Up} mtu={link.Mtu} {(withMac ? link.Mac : "")} master={links.FirstOrDefault(other => other.Index == link.Master)?.Name} {link.Port} {link.IsPlainBridge} "
            + string.Join(' ', addresses.Where(address => address.Link == link.Index && !address.Address.IsIPv6).Select(address => address.Address))).ToList();
    }
}
