using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Bridges;
using Skein.Agent.Mesh;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Bridges;

public class BridgeRulesetTests
{
    private static readonly BridgeSpec Default = Bridge("docker0", "172.17.0.0/16");

    [Fact]
    public void The_table_of_a_host_with_one_bridge_of_each_kind() => Assert.Equal("""
        table ip skein-bridges
        delete table ip skein-bridges
        table ip skein-bridges {
          chain raw-prerouting {
            type filter hook prerouting priority -300; policy accept;
            iifname { "docker0", "br-in", "br-alone" } ip daddr 127.0.0.0/8 drop
          }
          map published-at {
            type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
            elements = { 127.0.0.1 . tcp . 8081 : 172.17.0.2 . 80 }
          }
          map published {
            type inet_proto . inet_service : ipv4_addr . inet_service
            elements = { tcp . 8080 : 172.17.0.2 . 80 }
          }
          chain publish {
            dnat ip addr . port to ip daddr . meta l4proto . th dport map @published-at
            dnat ip addr . port to meta l4proto . th dport map @published
          }
          chain prerouting {
            type nat hook prerouting priority -100; policy accept;
            fib daddr type local goto publish
          }
          chain output {
            type nat hook output priority -100; policy accept;
            fib daddr type local goto publish
          }
          chain postrouting {
            type nat hook postrouting priority 100; policy accept;
            ip saddr 172.17.0.0/16 oifname != "docker0" masquerade
            ip saddr { 127.0.0.0/8, 172.17.0.0/16 } oifname "docker0" ct status dnat masquerade
            ip saddr { 127.0.0.0/8, 172.18.0.0/16 } oifname "br-in" ct status dnat masquerade
            ip saddr { 127.0.0.0/8, 172.19.0.0/16 } oifname "br-alone" ct status dnat masquerade
          }
          chain forward {
            type filter hook forward priority 0; policy accept;
            iifname "br-in" oifname != "br-in" drop
            oifname "br-in" iifname != "br-in" drop
            oifname { "docker0", "br-in", "br-alone" } ct state established,related accept
            oifname { "docker0", "br-in", "br-alone" } ct status dnat accept
            iifname "docker0" oifname "docker0" accept
            iifname "br-in" oifname "br-in" accept
            oifname { "docker0", "br-in", "br-alone" } drop
            iifname { "docker0", "br-in", "br-alone" } accept
            iifname "docker_gwbridge" accept
            oifname "docker_gwbridge" accept
            drop
          }
        }

        """,
        BridgeRuleset.Render(
            [Default, Bridge("br-in", "172.18.0.0/16") with { Internal = true }, Bridge("br-alone", "172.19.0.0/16") with { Icc = false, Masquerade = false }],
            [End("0.0.0.0", 8080), End("127.0.0.1", 8081), End("::", 8080)],
            routerByUs: true,
            ipv6: false));

    [Fact]
    public void The_table_of_IPv6_names_ends_of_IPv6_alone_and_leaves_a_routers_packets_alone()
    {
        var text = BridgeRuleset.Render([Default with { Pools = [Pool("fd00::/64")] }], [End("0.0.0.0", 80), End("::", 81, "fd00::2")], routerByUs: false, ipv6: true);
        Assert.Contains("elements = { tcp . 81 : fd00::2 . 80 }", text);
        Assert.DoesNotContain("tcp . 80 :", text);
        Assert.Contains("ip6 saddr fd00::/64 oifname != \"docker0\" masquerade", text);
        Assert.DoesNotContain("\n    drop\n", text);
    }

    // Whoever is behind a bridge must not speak to other nodes' tunnels in the host's name.
    [Fact]
    public void The_swarms_table_keeps_the_tunnels_from_the_hosts_own_bridges_and_lets_their_packets_pass()
    {
        var text = HostRuleset.Render(new HostMeshSpec(new TunnelSpec(4789, false, []), "172.18.0.0/16", [], [], RouterByUs: true) { OtherBridges = ["docker0"] });
        Assert.Contains("iifname { \"docker0\" } udp dport 4789 drop", text);
        Assert.Contains("iifname { \"docker0\" } accept\n    oifname { \"docker0\" } accept\n    drop\n", text);
    }

    private static PublishedEnd End(string address, ushort port, string to = "172.17.0.2") =>
        new(new HostEnd(new TransportPort(PortProtocol.Tcp, port), IPAddress.Parse(address)), IPAddress.Parse(to), 80);

    private static BridgeSpec Bridge(string device, string subnet) =>
        new(new string('1', 64), device, device, 1500, [Pool(subnet)], Internal: false, Icc: true, Masquerade: true, IPAddress.Any);

    private static BridgePool Pool(string subnet) => BridgePool.Of(new IpamConfig { Subnet = subnet });
}
