using Skein.Agent.Bridges;
using Skein.HostTests.Mesh;
using Skein.Linux.Namespaces;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Bridges;

/// <summary>`docker network create -d macvlan`: containers with addresses of the LAN, on a device of the host.</summary>
public sealed class MacvlanTests : IAsyncDisposable
{
    private readonly BridgeHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_container_is_a_machine_of_the_LAN_and_knows_its_neighbours_by_name()
    {
        File.WriteAllText(_host.ResolvConf, "");
        await CreateLanAsync();
        var network = await _host.RunAsync("web", "lan", spec => spec.PortBindings.Add(BridgeHost.Port(80, "8080")));
        var leg = Assert.Single(network.Legs);
        Assert.Equal(("192.168.58.128/24", "02:42:c0:a8:3a:80", BridgeHost.ClientAddress), (leg.Addresses[0], leg.Mac, leg.Gateway));
        // As in Docker nothing is published: it has an address of its own.
        Assert.Empty(network.Published);
        await _host.RunAsync("other", "lan", spec => spec.Endpoints[0].Ipv4Address = "192.168.58.77");
        var (web, other) = (_host.Open("web"), _host.Open("other"));
        using var server = new EchoServer(web, "web");
        Assert.Equal($"web sees {BridgeHost.ClientAddress}", await Caller.TcpAsync(_host.Client, "192.168.58.128", 80));
        Assert.Equal("web sees 192.168.58.77", await Caller.TcpAsync(other, "192.168.58.128", 80));
        Assert.Equal("192.168.58.128", other.Run(() => Commands.Run("dig", "+short", "+tries=1", "@127.0.0.11", "web")).Trim());
        Assert.StartsWith($"default via {BridgeHost.ClientAddress} dev eth0", web.Run(() => Commands.Run("ip", "route", "show", "default")));
    }

    [Fact]
    public async Task Another_daemon_takes_it_over_what_is_changed_comes_back_and_all_goes()
    {
        await CreateLanAsync();
        await _host.RunAsync("web", "lan");
        var web = _host.Open("web");
        using var server = new EchoServer(web, "web");
        using var connection = await Caller.ConnectAsync(_host.Client, "192.168.58.128", 80);
        await Caller.ReadAsync(connection, "web");
        await _host.RestartAsync("web");
        Assert.Equal("192.168.58.128/24", _host.Networking.Find(_host.Containers[0].Id)!.Legs[0].Addresses[0]);
        Assert.Equal(0, _host.Networking.Healed);
        await System.Net.Sockets.SocketTaskExtensions.SendAsync(connection, "still"u8.ToArray(), System.Net.Sockets.SocketFlags.None);
        Assert.Equal("still", await Caller.ReadAsync(connection, "web"));
        foreach (var damage in (string[])["ip addr flush dev eth0", "ip link set eth0 down", "ip link del eth0"])
        {
            web.Run(() => Commands.Run("sh", "-c", damage));
            var healed = _host.Networking.Healed;
            await _host.Networking.VerifyAsync(whole: true, default);
            Assert.True(_host.Networking.Healed > healed, damage);
            Assert.StartsWith("web sees", await Caller.TcpAsync(_host.Client, "192.168.58.128", 80));
        }
        await _host.CreateAsync("front");
        _host.Containers[0].Standalone.Endpoints.Add(new StandaloneEndpoint { Network = "front", Number = 1 });
        await _host.ConnectAsync(_host.Containers[0]);
        await _host.Networking.DisconnectAsync(_host.Containers[0], "lan", default);
        Assert.DoesNotContain("eth0", web.Run(() => Commands.Run("ip", "-br", "link")));
        await _host.Networking.RemoveNetworkAsync("lan", default);
        Assert.Contains("eth0", _host.Space.Run(() => Commands.Run("ip", "-br", "link")));   // it was the host's
    }

    [Fact]
    public async Task Another_MTU_of_the_device_below_is_followed_and_is_nobody_s_change()
    {
        await CreateLanAsync();
        await _host.RunAsync("web", "lan");
        var (web, healed) = (_host.Open("web"), _host.Networking.Healed);
        _host.Space.Run(() => Commands.Run("ip", "link", "set", "eth0", "mtu", "1400"));
        web.Run(() => Commands.Run("ip", "link", "set", "eth0", "mtu", "1300"));
        await _host.Networking.VerifyAsync(whole: true, default);
        Assert.Contains("mtu 1400", web.Run(() => Commands.Run("ip", "link", "show", "eth0")));
        Assert.Equal(healed, _host.Networking.Healed);
        web.Run(() => Commands.Run("ip", "link", "set", "eth0", "mtu", "1300"));
        await _host.Networking.VerifyAsync(whole: true, default);
        Assert.Equal(healed + 1, _host.Networking.Healed);
    }

    [Fact]
    public async Task Without_a_device_of_the_host_its_containers_are_by_themselves()
    {
        var network = await _host.CreateAsync("alone", one => one.Driver = MacvlanOptions.Driver);
        Assert.Contains($"dm-{network.Id[..12]}", _host.Space.Run(() => Commands.Run("ip", "-br", "link")));
        await _host.RunAsync("web", "alone");
        await _host.RunAsync("other", "alone");
        using var server = new EchoServer(_host.Open("web"), "web");
        Assert.Equal("web sees 172.17.0.3", await Caller.TcpAsync(_host.Open("other"), "172.17.0.2", 80));
        Assert.Equal("", _host.Open("other").Run(() => Commands.Run("ip", "route", "show", "default")).Trim());
        await _host.StopAsync("web");
        await _host.StopAsync("other");
        await _host.Networking.RemoveNetworkAsync("alone", default);
        Assert.DoesNotContain("dm-", _host.Space.Run(() => Commands.Run("ip", "-br", "link")));
    }

    [Theory]
    [InlineData("eth9", "", "invalid subinterface vlan name eth9, example formatting is eth0.10")]
    [InlineData("eth9.10", "", "-o parent interface was not found on the host: eth9")]
    [InlineData("eth0.4095", "", "vlan id must be between 1-4094, received: 4095")]
    [InlineData("eth0.a", "", "unable to parse a valid vlan id from: a (ex. eth0.10 for vlan 10)")]
    [InlineData("lo", "", "loopback interface is not a valid macvlan parent link")]
    [InlineData("eth0", "loud", "requested macvlan mode 'loud' is not valid, 'bridge' mode is the macvlan driver default")]
    public async Task What_cannot_be_is_refused_in_Dockers_words_and_leaves_no_network(string parent, string mode, string words)
    {
        var refused = await Assert.ThrowsAsync<SkeinException>(() => _host.CreateAsync("lan", one => Set(one, parent, mode)));
        Assert.Equal((ErrorKind.Internal, words), (refused.Kind, refused.Message));
        Assert.Empty(_host.Networking.All);
    }

    [Fact]
    public async Task Who_has_a_device_to_himself_shares_it_with_nobody()
    {
        var first = await _host.CreateAsync("first", one => Set(one, "eth0", "private"));
        await _host.CreateAsync("second", one => Set(one, "eth0", "vepa"));
        var refused = await Assert.ThrowsAsync<SkeinException>(() => _host.CreateAsync("third", one => Set(one, "eth0", "passthru")));
        Assert.Equal($"cannot use mode passthru, macvlan network {first.Id} is already using parent interface eth0", refused.Message);
    }

    // A kernel without VLANs, as the one of some small machines, says so.
    [Fact]
    public async Task A_VLAN_of_a_device_is_made_and_removed_with_its_network()
    {
        try
        {
            await _host.CreateAsync("tagged", one => Set(one, "eth0.10", ""));
        }
        catch (SkeinException refused)
        {
            Assert.StartsWith("failed to create eth0.10: add vlan eth0.10 on link ", refused.Message);
            Assert.Empty(_host.Networking.All);
            return;
        }
        Assert.Contains("eth0.10", _host.Space.Run(() => Commands.Run("ip", "-br", "link")));
        await _host.Networking.RemoveNetworkAsync("tagged", default);
        Assert.DoesNotContain("eth0.10", _host.Space.Run(() => Commands.Run("ip", "-br", "link")));
    }

    private Task<LocalNetwork> CreateLanAsync() => _host.CreateAsync("lan", one =>
    {
        Set(one, "eth0", "");
        one.Ipam.Add(new IpamConfig { Subnet = "192.168.58.0/24", Gateway = BridgeHost.ClientAddress, IpRange = "192.168.58.128/28" });
    });

    private static void Set(LocalNetwork network, string parent, string mode)
    {
        network.Driver = MacvlanOptions.Driver;
        network.Options[MacvlanOptions.Parent] = parent;
        if (mode.Length > 0) network.Options[MacvlanOptions.Mode] = mode;
    }
}
