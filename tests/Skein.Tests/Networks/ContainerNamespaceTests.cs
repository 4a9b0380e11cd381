using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Netlink;
using Skein.Model;
using Skein.Model.Validation;
using Xunit;

namespace Skein.Tests.Networks;

public sealed class ContainerNamespaceTests
{
    [Fact]
    public void Resolv_conf_names_the_daemons_resolver_and_keeps_the_hosts_search()
    {
        Assert.Equal(
            "nameserver 127.0.0.11\nsearch lan.example\noptions edns0 ndots:0\n",
            ContainerFiles.ResolvConf(null, ["# comment", "nameserver 192.0.2.1", "search lan.example", "options edns0"]));
        Assert.Equal("nameserver 127.0.0.11\noptions ndots:0\n", ContainerFiles.ResolvConf(null, []));
    }

    [Fact]
    public void Resolv_conf_prefers_what_the_service_says() => Assert.Equal(
        "nameserver 127.0.0.11\nsearch a b\noptions ndots:2\n",
        ContainerFiles.ResolvConf(new DnsConfig { Nameservers = { "9.9.9.9" }, Search = { "a", "b" }, Options = { "ndots:2" } }, ["search lan.example", "options edns0"]));

    [Fact]
    public void Without_a_network_the_servers_given_are_asked_directly()
    {
        var dns = new DnsConfig { Nameservers = { "9.9.9.9", "2620:fe::fe" } };
        Assert.Equal("nameserver 9.9.9.9\nnameserver 2620:fe::fe\nsearch lan.example\n", ContainerFiles.ResolvConf(dns, ["search lan.example"], alone: true));
        Assert.Equal("nameserver 127.0.0.11\noptions ndots:0\n", ContainerFiles.ResolvConf(dns, []));
        Assert.Equal("nameserver 127.0.0.11\noptions ndots:0\n", ContainerFiles.ResolvConf(null, ["nameserver 192.0.2.1"], alone: true));
    }

    [Fact]
    public void A_lone_dot_means_no_search() => Assert.Equal(
        "nameserver 127.0.0.11\noptions ndots:0\n", ContainerFiles.ResolvConf(new DnsConfig { Search = { "." } }, ["search lan.example"]));

    [Fact]
    public void Hosts_has_the_usual_lines_those_of_the_service_and_its_own_addresses() => Assert.Equal(
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\n"
        + "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n192.0.2.7\tdb db.example\n10.0.1.6\tweb-4\n",
        ContainerFiles.Hosts("web-4", ["192.0.2.7 db db.example", "broken"], ["10.0.1.6"]));

    [Theory]
    [InlineData("web-4", "", "web-4")]
    [InlineData("web-4", "shop.example", "web-4.shop.example web-4")]
    [InlineData("web-4.shop.example", "", "web-4.shop.example web-4")]
    [InlineData("web-4.shop", "example", "web-4.shop.example web-4")]
    [InlineData(".shop", "", ".shop")]
    public void A_name_with_a_domain_is_known_without_it_too(string hostname, string domain, string names) =>
        Assert.Equal(names, ContainerFiles.NamesOf(hostname, domain));

    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter")]
    [InlineData("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter")]
    public void Sysctls_are_found_as_sysctl_does(string name, string path) => Assert.Equal(path, SysctlName.Path(name));

    [Fact]
    public void A_network_that_is_not_known_counts_as_internal()
    {
        OverlayNetwork open = new(), closed = new() { Internal = true };
        Assert.True(OverlayNetworking.HasWayOut([], hasOne: false));
        Assert.True(OverlayNetworking.HasWayOut([closed, open], hasOne: false));
        Assert.False(OverlayNetworking.HasWayOut([closed], hasOne: true));
        Assert.False(OverlayNetworking.HasWayOut([null, closed], hasOne: false));
        Assert.True(OverlayNetworking.HasWayOut([null, closed], hasOne: true));
    }

    [Fact]
    public void IPv6_is_on_the_legs_that_have_addresses_of_it_and_on_no_other()
    {
        LegSpec Leg(string name, string address) => new(name, "p", 1, 1500, default, [InterfaceAddress.Parse(address)], false, false);
        Assert.Equal(
            [("net/ipv6/conf/eth0/disable_ipv6", "1"), ("net/ipv6/conf/eth2/disable_ipv6", "1")],
            NamespaceLegs.OfLegs([Leg("eth0", "10.0.1.5/24"), Leg("eth1", "fd00::5/64"), Leg("eth2", "172.18.0.3/16")]).Where(one => one.Name.EndsWith("/disable_ipv6", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_daemons_name_servers_are_a_container_s_that_names_none_of_their_kind()
    {
        var defaults = new DnsConfig { Nameservers = { "192.0.2.1" }, Search = { "lan" } };
        Assert.Equal(defaults, DnsDefaults.Merge(null, defaults));
        Assert.Equal(
            new DnsConfig { Nameservers = { "9.9.9.9" }, Search = { "lan" }, Options = { "ndots:2" } },
            DnsDefaults.Merge(new DnsConfig { Nameservers = { "9.9.9.9" }, Options = { "ndots:2" } }, defaults));
    }

    [Fact]
    public void Device_names_fit_and_are_recognised()
    {
        var id = new string('a', 64);
        foreach (var name in new[] { DeviceNames.FabricPort(id, 0), DeviceNames.FabricPort(id, 12), DeviceNames.GatewayPort(id), DeviceNames.Vxlan(0xffffff) })
            Assert.InRange(name.Length, 1, 15);
        Assert.True(DeviceNames.IsFabricPort(DeviceNames.FabricPort(id, 12)));
        Assert.True(DeviceNames.IsGatewayPort(DeviceNames.GatewayPort(id)));
        Assert.False(DeviceNames.IsFabricPort("sk-abc"));
        Assert.Equal(4097u, DeviceNames.VniOf("vx-4097"));
        Assert.Null(DeviceNames.VniOf("br-lan"));
    }
}
