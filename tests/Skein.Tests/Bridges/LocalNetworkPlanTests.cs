using System.Net;
using Skein.Agent.Bridges;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Bridges;

/// <summary>What `docker network create` makes of its flags, and what it refuses.</summary>
public class LocalNetworkPlanTests
{
    private static readonly IPNetwork UniqueLocal = IPNetwork.Parse("fd12:3456:789a::/64");

    [Fact]
    public void Subnets_are_the_first_of_Dockers_pools_that_nobody_has()
    {
        var first = Complete(Plan(), new LocalNetwork { Id = Id('1'), Name = "a" });
        Assert.Equal("172.17.0.0/16 172.17.0.1", Text(first));
        Assert.Equal("172.20.0.0/16 172.20.0.1", Text(Complete(Plan([first], elsewhere: ["172.18.0.0/16"], routes: ["172.19.4.0/24"]), new LocalNetwork { Name = "b" })));
        string[] all = ["172.16.0.0/12", "192.168.0.0/16"];
        var none = Assert.Throws<SkeinException>(() => Complete(Plan(routes: all), new LocalNetwork { Name = "c" }));
        Assert.Equal((ErrorKind.Unavailable, "all predefined address pools have been fully subnetted"), (none.Kind, none.Message));
        var own = new SubnetPools([(IPNetwork.Parse("10.9.0.0/16"), 24)]);
        Assert.Equal("10.9.0.0/24 10.9.0.1", Text(Complete(Plan() with { Pools = own }, new LocalNetwork { Name = "d" })));
    }

    [Theory]
    [InlineData("10.1.0.0/16", "", "", "10.1.0.0/16 10.1.0.1")]
    [InlineData("10.1.0.0/16", "", "10.1.9.9", "10.1.0.0/16 10.1.9.9")]
    [InlineData("172.28.0.0/16", "172.28.5.0/24", "", "172.28.0.0/16 172.28.5.0")]
    public void A_gateway_that_is_not_named_is_the_first_address_of_the_range(string subnet, string range, string gateway, string expected) =>
        Assert.Equal(expected, Text(Complete(Plan(), new LocalNetwork { Name = "a", Ipam = { new IpamConfig { Subnet = subnet, IpRange = range, Gateway = gateway } } })));

    [Fact]
    public void IPv6_without_a_subnet_gets_one_of_its_own_and_without_the_flag_none()
    {
        Assert.Equal("172.17.0.0/16 172.17.0.1 fd12:3456:789a::/64 fd12:3456:789a::1", Text(Complete(Plan(), new LocalNetwork { Name = "a", Ipv6 = true })));
        Assert.Equal("172.17.0.0/16 172.17.0.1", Text(Complete(Plan(), new LocalNetwork { Name = "a", Ipam = { new IpamConfig { Subnet = "fd00::/64" } } })));
    }

    [Fact]
    public void The_swarms_way_out_may_be_made_beforehand()
    {
        var made = Complete(Plan(), new LocalNetwork { Name = "docker_gwbridge", Ipam = { new IpamConfig { Subnet = "10.11.0.0/16" } }, Options = { [BridgeOptions.Masquerade] = "false" } });
        Assert.Equal("10.11.0.0/16 10.11.0.1", Text(made));
        Assert.Equal(("docker_gwbridge", "false", "false"), (made.Options[BridgeOptions.Name], made.Options[BridgeOptions.Icc], made.Options[BridgeOptions.Masquerade]));
    }

    [Theory]
    [InlineData("docker_gwbridge", BridgeOptions.Icc, "true", ErrorKind.NotImplemented)]
    [InlineData("docker_gwbridge", BridgeOptions.HostBinding, "127.0.0.1", ErrorKind.NotImplemented)]
    [InlineData("docker_gwbridge", BridgeOptions.Name, "br0", ErrorKind.NotImplemented)]
    [InlineData("other", BridgeOptions.Name, "docker_gwbridge", ErrorKind.Forbidden)]
    public void And_is_refused_what_it_could_not_be(string name, string option, string value, ErrorKind kind) =>
        Assert.Equal(kind, Assert.Throws<SkeinException>(() => Complete(Plan(), new LocalNetwork { Name = name, Options = { [option] = value } })).Kind);

    [Theory]
    [InlineData("127.5.0.0/16", "127.0.0.0/8")]
    [InlineData("0.0.0.0/0", "0.0.0.0/8")]
    [InlineData("0.1.0.0/16", "0.0.0.0/8")]
    [InlineData("239.1.0.0/16", "224.0.0.0/4")]
    [InlineData("255.255.255.0/24", "255.255.255.255/32")]
    [InlineData("::1/128", "::/127")]
    [InlineData("fe80::/64", "fe80::/10")]
    [InlineData("ff02::/64", "ff00::/8")]
    public void A_subnet_whose_addresses_no_container_can_have_is_refused(string subnet, string of) => Assert.EndsWith(
        $"invalid subnet {subnet}: no container can have an address of {of}",
        Assert.Throws<SkeinException>(() => Complete(Plan(), new LocalNetwork { Name = "a", Ipv6 = true, Ipam = { new IpamConfig { Subnet = subnet } } })).Message);

    // Amazon's endpoint of credentials, as containers of a developer's host look for it.
    [Fact]
    public void A_subnet_of_a_link_of_IPv4_may_be() =>
        Assert.Equal("169.254.170.0/24 169.254.170.1", Text(Complete(Plan(), new LocalNetwork { Name = "a", Ipam = { new IpamConfig { Subnet = "169.254.170.0/24" } } })));

    [Theory]
    [InlineData("a", "10.1.0.0/24", "", ErrorKind.Conflict, "network with name a already exists")]
    [InlineData("b", "10.1.128.0/17", "", ErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space")]
    [InlineData("b", "10.7.0.0/16", "", ErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space")]
    [InlineData("b", "10.2.0.0/16", "10.3.0.1", ErrorKind.InvalidArgument, "invalid network config:\ninvalid gateway 10.3.0.1: parent subnet 10.2.0.0/16 doesn't contain this address")]
    public void What_meets_another_is_refused_in_Dockers_words(string name, string subnet, string gateway, ErrorKind kind, string words)
    {
        var there = Complete(Plan(), new LocalNetwork { Id = Id('1'), Name = "a", Ipam = { new IpamConfig { Subnet = "10.1.0.0/16" } } });
        var error = Assert.Throws<SkeinException>(() => Complete(
            Plan([there], elsewhere: ["10.7.7.0/24"], routes: ["10.2.0.0/16"]), new LocalNetwork { Name = name, Ipam = { new IpamConfig { Subnet = subnet, Gateway = gateway } } }));
        Assert.Equal((kind, words), (error.Kind, error.Message));
    }

    [Theory]
    [InlineData(BridgeOptions.Icc, "perhaps", ErrorKind.InvalidArgument)]
    [InlineData(BridgeOptions.Mtu, "-1", ErrorKind.InvalidArgument)]
    [InlineData(BridgeOptions.Name, "a-name-that-is-too-long", ErrorKind.InvalidArgument)]
    [InlineData(BridgeOptions.Name, "../eth0", ErrorKind.InvalidArgument)]
    [InlineData(BridgeOptions.HostBinding, "::1", ErrorKind.InvalidArgument)]
    [InlineData("com.docker.network.bridge.gateway_mode_ipv4", "routed", ErrorKind.NotImplemented)]
    public void An_option_without_a_meaning_or_a_value_is_refused(string option, string value, ErrorKind kind) =>
        Assert.Equal(kind, Assert.Throws<SkeinException>(() => Complete(Plan(), new LocalNetwork { Name = "a", Options = { [option] = value } })).Kind);

    [Fact]
    public void Two_networks_have_no_device_in_common()
    {
        var there = Complete(Plan(), new LocalNetwork { Id = Id('1'), Name = "a", Options = { [BridgeOptions.Name] = "br0" } });
        var error = Assert.Throws<SkeinException>(() => Complete(Plan([there]), new LocalNetwork { Id = Id('2'), Name = "b", Options = { [BridgeOptions.Name] = "br0" } }));
        Assert.Equal($"cannot create network {Id('2')} (br0): conflicts with network {Id('1')} (br0): networks have same bridge name", error.Message);
    }

    [Fact]
    public void Addresses_are_the_lowest_free_ones_and_never_the_networks_the_gateways_or_another_machines()
    {
        var pool = BridgePool.Of(new IpamConfig { Subnet = "10.1.0.0/29", AuxAddresses = { ["router"] = "10.1.0.3" } });
        var used = new HashSet<IPAddress>();
        var given = new List<string>();
        while (pool.Free(used) is { } address && used.Add(address.Address)) given.Add(address.ToString());
        Assert.Equal(["10.1.0.2/29", "10.1.0.4/29", "10.1.0.5/29", "10.1.0.6/29"], given);
    }

    private static LocalNetworkPlan Plan(IReadOnlyCollection<LocalNetwork>? existing = null, string[]? elsewhere = null, string[]? routes = null) =>
        new(existing ?? [], [.. (elsewhere ?? []).Select(IPNetwork.Parse)], [.. (routes ?? []).Select(IPNetwork.Parse)], SubnetPools.Dockers);

    private static LocalNetwork Complete(LocalNetworkPlan plan, LocalNetwork wanted)
    {
        if (wanted.Id.Length == 0) wanted.Id = Id('f');
        return plan.Complete(wanted, UniqueLocal);
    }

    private static string Id(char digit) => new(digit, 64);

    private static string Text(LocalNetwork network) => string.Join(' ', network.Ipam.Select(config => $"{config.Subnet} {config.Gateway}"));
}
