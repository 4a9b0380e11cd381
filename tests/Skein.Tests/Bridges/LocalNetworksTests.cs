using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Bridges;
using Skein.Linux.Netlink;
using Skein.Model;
using Skein.Tests.Orchestration;
using Xunit;

namespace Skein.Tests.Bridges;

/// <summary>The networks that a host has without anybody's asking.</summary>
public sealed class LocalNetworksTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-networks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_default_bridge_has_the_first_subnet_and_the_swarms_way_out_the_next()
    {
        var networks = Open();
        Assert.Equal("172.18.0.0/16", networks.EnsureGateway(Nothing).Ipam[0].Subnet);
        Assert.Equal("172.17.0.0/16", networks.Find("bridge")!.Ipam[0].Subnet);
        // The next daemon finds both.
        Assert.Equal(networks.Find("docker_gwbridge"), Open().EnsureGateway(Nothing));
    }

    [Fact]
    public void A_device_that_stands_keeps_its_subnet_and_a_user_s_network_is_taken_as_it_is()
    {
        Assert.Equal("10.3.0.0/24", Open().EnsureGateway(device => device == "docker_gwbridge" ? [InterfaceAddress.Parse("10.3.0.1/24")] : []).Ipam[0].Subnet);
        Directory.Delete(_folder, recursive: true);
        var networks = Open();
        var made = networks.Create(new LocalNetwork { Name = "docker_gwbridge", Ipam = { new IpamConfig { Subnet = "10.11.0.0/16" } }, Options = { [BridgeOptions.Masquerade] = "0" } });
        Assert.Equal(made, networks.EnsureGateway(Nothing));
        Assert.False(made.OfSwarm);
        Assert.False(networks.GatewayMasquerades);
    }

    [Fact]
    public void A_removal_that_is_cut_leaves_a_network_and_no_device_that_is_nobodys()
    {
        var networks = Open();
        var made = networks.Create(new LocalNetwork { Name = "cut", Options = { [BridgeOptions.Name] = "cut0" } });
        // The daemon is killed when the device has gone.
        Assert.Throws<IOException>(() => networks.Remove(made.Id, () => throw new IOException("killed")));
        Assert.Equal(made, Open().Find("cut"));
        networks.Remove(made.Id, static () => { });
        Assert.Null(Open().Find("cut"));
    }

    // A company that routes every private address, or a VPN that does.
    [Fact]
    public void A_host_with_a_route_to_each_pool_starts_all_the_same()
    {
        var networks = Open("172.16.0.0/12", "192.168.0.0/16");
        Assert.Equal("172.18.0.0/16", networks.EnsureGateway(Nothing).Ipam[0].Subnet);
        Assert.Equal("172.17.0.0/16", networks.Find("bridge")!.Ipam[0].Subnet);
        Assert.Throws<SkeinException>(() => networks.Create(new LocalNetwork { Name = "third" }));
    }

    [Fact]
    public void The_default_bridge_follows_the_daemons_options_its_subnet_when_nobody_is_on_it()
    {
        var first = Open().EnsureDefault(Nothing);
        var changed = Open(new DefaultBridge("10.5.0.1/24", "10.5.0.128/25", "127.0.0.1", Ipv6: true, "fd00:5::/64") { Icc = false, IpMasq = false, Mtu = 1400 });
        var used = changed.RenewDefault(Nothing, inUse: true);
        Assert.Equal((first.Id, "172.17.0.0/16", "1400", "false"), (used.Id, Assert.Single(used.Ipam).Subnet, used.Options[BridgeOptions.Mtu], used.Options[BridgeOptions.Icc]));
        var free = changed.RenewDefault(Nothing, inUse: false);
        Assert.Equal(["10.5.0.0/24 10.5.0.1 10.5.0.128/25", "fd00:5::/64 fd00:5::1 "], free.Ipam.Select(config => $"{config.Subnet} {config.Gateway} {config.IpRange}"));
        Assert.Equal(("127.0.0.1", "false"), (free.Options[BridgeOptions.HostBinding], free.Options[BridgeOptions.Masquerade]));
        // The next daemon finds it so, and one without the options keeps the subnet.
        Assert.Equal(free, Open(changed.Default).RenewDefault(Nothing, inUse: false));
        Assert.Equal("10.5.0.0/24", Assert.Single(Open().RenewDefault(Nothing, inUse: false).Ipam).Subnet);
    }

    [Fact]
    public void What_has_come_to_overlap_the_default_bridge_keeps_no_daemon_from_its_start()
    {
        var first = Open().EnsureDefault(Nothing);
        var next = new LocalNetworks(_folder, SubnetPools.Dockers, new CountedIds(), TimeProvider.System, NullLoggerFactory.Instance)
        {
            Routes = static () => [],
            Elsewhere = static () => [IPNetwork.Parse("172.17.0.0/24")],
        };
        Assert.Equal(first, next.RenewDefault(Nothing, inUse: false));
    }

    private LocalNetworks Open(DefaultBridge options) => new(_folder, SubnetPools.Dockers, new CountedIds(), TimeProvider.System, NullLoggerFactory.Instance)
    {
        Routes = static () => [],
        Default = options,
    };

    private static IReadOnlyList<InterfaceAddress> Nothing(string device) => [];

    private LocalNetworks Open(params string[] routes) => new(_folder, SubnetPools.Dockers, new CountedIds(), TimeProvider.System, NullLoggerFactory.Instance)
    {
        Routes = () => [.. routes.Select(route => IPNetwork.Parse(route))],
    };
}
