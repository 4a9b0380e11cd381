using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Skein.Agent.Mesh;
using Skein.Agent.Session;
using Skein.Linux.Netlink;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Mesh;

public class RulesetTests
{
    private static readonly IngressSource Node2 = new(IPAddress.Parse("10.0.0.2"), MacAddress.Parse("02:42:0a:00:00:02"));
    private static readonly IngressSource Node3 = new(IPAddress.Parse("10.0.0.3"), MacAddress.Parse("02:42:0a:00:00:03"));

    [Fact]
    public void A_container_with_a_served_and_an_idle_service_and_a_published_port() => Assert.Equal("""
        table ip skein
        delete table ip skein
        table ip skein {
          chain vip-10.0.1.2 {
            dnat to numgen inc mod 2 map { 0 : 10.0.1.5, 1 : 10.0.1.6 }
          }
          chain output {
            type nat hook output priority -100; policy accept;
            ip daddr 127.0.0.11 udp dport 53 dnat to 127.0.0.11:20001
            ip daddr 127.0.0.11 tcp dport 53 dnat to 127.0.0.11:20002
            ip daddr vmap { 10.0.1.2 : goto vip-10.0.1.2 }
          }
          chain refuse {
            type filter hook output priority 0; policy accept;
            ip daddr { 10.0.1.9 } meta l4proto tcp reject with tcp reset
            ip daddr { 10.0.1.9 } reject
          }
          chain ingress-zone {
            type filter hook prerouting priority -300; policy accept;
            iifname "eth0" ct original zone set ether saddr map { 02:42:0a:00:00:02 : 2, 02:42:0a:00:00:03 : 3 }
          }
          map ingress-nodes {
            type ether_addr : mark
            elements = { 02:42:0a:00:00:02 : 0x0a000002, 02:42:0a:00:00:03 : 0x0a000003 }
          }
          chain ingress-mark {
            type filter hook prerouting priority -150; policy accept;
            iifname "eth0" ct direction original ct mark set ether saddr map @ingress-nodes
          }
          chain ingress-land {
            type nat hook prerouting priority -100; policy accept;
            iifname "eth0" ct mark != 0 ip daddr 10.0.0.6 socket wildcard 0 accept
            iifname "eth0" ct mark != 0 ip daddr 10.0.0.6 meta l4proto udp socket wildcard 1 dnat to 172.18.0.3
            iifname "eth0" ct mark != 0 ip daddr 10.0.0.6 socket wildcard 1 accept
            iifname "eth0" ct mark != 0 ip daddr 10.0.0.6 meta l4proto . th dport { tcp . 80, udp . 53 } dnat to 10.0.1.7
          }
          chain ingress-guard {
            type filter hook input priority 0; policy accept;
            iifname "eth0" ct state established,related accept
            iifname "eth0" meta l4proto . th dport { tcp . 80, udp . 53 } accept
            iifname "eth0" meta l4proto icmp accept
            iifname "eth0" drop
          }
          chain ingress-return {
            type route hook output priority -150; policy accept;
            ct direction reply ct mark != 0 meta mark set ct mark
          }
          chain ingress-mss {
            type filter hook postrouting priority -150; policy accept;
            oifname "eth0" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu
          }
        }

        """,
        ContainerRuleset.Render(new ContainerMeshSpec(
            20001,
            20002,
            [new BalancerSpec(Address("10.0.1.2"), [Address("10.0.1.5"), Address("10.0.1.6")]), new BalancerSpec(Address("10.0.1.9"), [])],
            new ReturnPathSpec("eth0", Address("10.0.0.6"), Address("172.18.0.3"), [Node2, Node3], [Port(PortProtocol.Tcp, 80), Port(PortProtocol.Udp, 53)], Address("10.0.1.7")))));

    [Fact]
    public void A_container_without_any_service_has_its_resolver_only() => Assert.Equal("""
        table ip skein
        delete table ip skein
        table ip skein {
          chain output {
            type nat hook output priority -100; policy accept;
            ip daddr 127.0.0.11 udp dport 53 dnat to 127.0.0.11:20001
            ip daddr 127.0.0.11 tcp dport 53 dnat to 127.0.0.11:20001
          }
        }

        """,
        ContainerRuleset.Render(new ContainerMeshSpec(20001, 20001, [], null)));

    [Fact]
    public void By_docker_gwbridge_a_container_is_reached_from_the_host_only() => Assert.Contains("""
          chain gateway-guard {
            type filter hook input priority 0; policy accept;
            iifname "eth1" ip saddr 172.18.0.0/16 ip saddr != 172.18.0.1 ct state new drop
          }
        """,
        ContainerRuleset.Render(new ContainerMeshSpec(20001, 20001, [], null, new GatewayGuardSpec("eth1", "172.18.0.0/16", Address("172.18.0.1")))));

    [Fact]
    public void What_leaves_keeps_its_address_where_the_user_of_docker_gwbridge_wants_it_so()
    {
        var spec = new HostMeshSpec(null, "172.18.0.0/16", [], []);
        const string Leaving = "ip saddr 172.18.0.0/16 oifname != \"docker_gwbridge\" masquerade";
        Assert.Contains(Leaving, HostRuleset.Render(spec));
        Assert.DoesNotContain(Leaving, HostRuleset.Render(spec with { Masquerades = false }));
    }

    [Fact]
    public void The_ingress_namespace_turns_ports_with_tasks_and_leaves_the_others_to_be_refused() => Assert.Equal("""
        table ip skein
        delete table ip skein
        table ip skein {
          chain port-tcp-8080 {
            meta l4proto tcp dnat ip addr . port to numgen inc mod 2 map { 0 : 10.0.0.5 . 80, 1 : 10.0.0.6 . 80 }
          }
          chain port-udp-53 {
            meta l4proto udp dnat ip addr . port to 10.0.0.7 . 5353
          }
          chain prerouting {
            type nat hook prerouting priority -100; policy accept;
            iifname "eth1" ip daddr 172.18.0.2 meta l4proto . th dport vmap { tcp . 8080 : goto port-tcp-8080, udp . 53 : goto port-udp-53 }
          }
          chain forward {
            type filter hook forward priority 0; policy accept;
            tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu
            ct state established,related accept
            iifname "eth1" ct status dnat accept
            drop
          }
        }

        """,
        IngressRuleset.Render(new IngressMeshSpec("eth1", Address("172.18.0.2"),
        [
            new PublishedPort(Port(PortProtocol.Tcp, 8080), 80, [Address("10.0.0.5"), Address("10.0.0.6")]),
            new PublishedPort(Port(PortProtocol.Udp, 53), 5353, [Address("10.0.0.7")]),
            new PublishedPort(Port(PortProtocol.Tcp, 9000), 90, []),
        ])));

    [Fact]
    public void The_host_publishes_masquerades_and_leaves_tunnels_untracked() => Assert.Equal("""
        table ip skein
        delete table ip skein
        table ip skein {
          set tunnel-ends {
            type ipv4_addr
            elements = { 192.168.56.12, 192.168.56.13 }
          }
          chain raw-output {
            type filter hook output priority -300; policy accept;
            udp dport 4789 notrack
          }
          chain raw-prerouting {
            type filter hook prerouting priority -300; policy accept;
            iifname "docker_gwbridge" ip daddr 127.0.0.0/8 drop
            iifname "docker_gwbridge" udp dport 4789 drop
            udp dport 4789 ip saddr @tunnel-ends notrack accept
            udp dport 4789 fib daddr type != unicast drop
          }
          map published {
            type inet_proto . inet_service : ipv4_addr . inet_service
            elements = { tcp . 8080 : 172.18.0.2 . 8080, tcp . 8081 : 172.18.0.3 . 80 }
          }
          chain publish {
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
            ip saddr 172.18.0.0/16 oifname != "docker_gwbridge" masquerade
            ip saddr { 127.0.0.0/8, 172.18.0.0/16 } oifname "docker_gwbridge" ct status dnat masquerade
            ip saddr { 10.0.0.0/24, 10.0.1.0/24 } oifname "docker_gwbridge" ct status dnat masquerade
          }
          chain forward {
            type filter hook forward priority 0; policy accept;
            iifname "docker_gwbridge" oifname != "docker_gwbridge" accept
            oifname "docker_gwbridge" ct state established,related accept
            oifname "docker_gwbridge" ct status dnat accept
            oifname "docker_gwbridge" drop
            drop
          }
        }

        """,
        HostRuleset.Render(new HostMeshSpec(new TunnelSpec(4789, false, [Address("192.168.56.12"), Address("192.168.56.13")]), "172.18.0.0/16",
        [
            new HostPort(Port(PortProtocol.Tcp, 8080), Address("172.18.0.2"), 8080),
            new HostPort(Port(PortProtocol.Tcp, 8081), Address("172.18.0.3"), 80),
        ],
        ["10.0.0.0/24", "10.0.1.0/24"],
        RouterByUs: true)));

    [Fact]
    public void A_host_in_no_swarm_and_without_containers_leaves_all_packets_alone() => Assert.Equal("""
        table ip skein
        delete table ip skein
        table ip skein {
          chain raw-prerouting {
            type filter hook prerouting priority -300; policy accept;
          }
        }

        """,
        HostRuleset.Render(new HostMeshSpec(null, null, [], [])));

    [Fact]
    public void Tunnels_with_IPv6_addresses_have_a_table_of_their_own() => Assert.Contains(
        "udp dport 4790 ip6 saddr @tunnel-ends notrack accept",
        TunnelRules.RenderIPv6(new TunnelSpec(4790, true, [Address("fd00::2")]), []),
        StringComparison.Ordinal);

    [Fact]
    public void Tunnel_ends_are_those_of_the_other_nodes_with_endpoints_here_once_each()
    {
        OverlayEndpoint[] endpoints =
        [
            new() { Id = "a", NodeId = "n1", Vtep = "192.168.56.11" }, new() { Id = "b", NodeId = "n3", Vtep = "192.168.56.13" },
            new() { Id = "c", NodeId = "n2", Vtep = "192.168.56.12" }, new() { Id = "d", NodeId = "n2", Vtep = "192.168.56.12" },
            new() { Id = "e", NodeId = "n4", Vtep = "fd00::4" }, new() { Id = "f", NodeId = "n5", Vtep = "" },
            new() { Id = "g", NodeId = "posing", Vtep = "192.168.56.11" },
        ];
        var assignments = NodeAssignments.Empty with
        {
            Local = new LocalNode("n1", "192.168.56.11", 4790),
            Endpoints = endpoints.ToImmutableDictionary(endpoint => endpoint.Id),
        };
        var spec = TunnelSpec.From(assignments)!;
        Assert.Equal((4790u, false), (spec.Port, spec.IsIPv6));
        Assert.Equal([Address("192.168.56.12"), Address("192.168.56.13")], spec.Peers);
        Assert.Null(TunnelSpec.From(NodeAssignments.Empty));
    }

    [Fact]
    public void Ports_that_a_former_daemon_chose_are_read_from_its_map()
    {
        using var listing = JsonDocument.Parse("""
            {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"map": {"family": "ip", "name": "published", "table": "skein",
            "type": ["inet_proto", "inet_service"], "map": "ipv4_addr . inet_service", "elem": [
            [{"concat": ["tcp", 8080]}, {"concat": ["172.18.0.2", 8080]}], [{"concat": ["udp", 53]}, {"concat": ["172.18.0.3", 5353]}]]}}]}
            """);
        Assert.Equal(
            [new HostPort(Port(PortProtocol.Tcp, 8080), Address("172.18.0.2"), 8080), new HostPort(Port(PortProtocol.Udp, 53), Address("172.18.0.3"), 5353)],
            PublishedMapReader.Parse(listing.RootElement));
    }

    [Fact]
    public void A_host_without_etc_protocols_shows_them_by_number()
    {
        using var listing = JsonDocument.Parse("""
            {"nftables": [{"map": {"family": "ip", "name": "published", "table": "skein", "elem": [
            [{"concat": [6, 8080]}, {"concat": ["172.18.0.2", 8080]}], [{"concat": [17, 53]}, {"concat": ["172.18.0.3", 5353]}],
            [{"concat": [132, 99]}, {"concat": ["172.18.0.3", 100]}]]}}]}
            """);
        Assert.Equal(
            [Port(PortProtocol.Tcp, 8080), Port(PortProtocol.Udp, 53), Port(PortProtocol.Sctp, 99)],
            PublishedMapReader.Parse(listing.RootElement).Select(port => port.Published));
    }

    [Fact]
    public void Rules_of_nodes_that_came_are_added_and_of_those_that_went_removed_and_others_left_alone()
    {
        RuleInfo[] observed =
        [
            new(0, 0, 0, 255, false), new(100, 0x0a000002, uint.MaxValue, 0x0a000002, false), new(100, 0x0a000009, uint.MaxValue, 0x0a000009, false),
            new(200, 0x0a000008, uint.MaxValue, 7, false), new(32766, 0, 0, 254, false),
        ];
        var plan = ReturnRoutesPlan.Between(observed, [], [Node2, Node3], 2);
        Assert.Equal([0x0a000003u], plan.Missing);
        Assert.Equal([0x0a000009u], plan.Superfluous.Select(rule => rule.Mark));
    }

    [Fact]
    public void A_way_back_that_leads_elsewhere_is_put_right()
    {
        RuleInfo[] rules = [new(100, 0x0a000002, uint.MaxValue, 254, false), new(100, 0x0a000003, uint.MaxValue, 0x0a000003, false)];
        RouteInfo[] routes = [Way(Node2.Address, 2, 0x0a000002), Way(Address("172.18.0.1"), 4, 0x0a000003)];

        var plan = ReturnRoutesPlan.Between(rules, routes, [Node2, Node3], 2);
        Assert.Equal([0x0a000002u], plan.Missing);
        Assert.Equal([254u], plan.Superfluous.Select(rule => rule.Table));
        Assert.Equal([Node3], plan.Unrouted);

        RuleInfo[] right = [new(100, 0x0a000002, uint.MaxValue, 0x0a000002, false), rules[1]];
        Assert.True(ReturnRoutesPlan.Between(right, [routes[0], Way(Node3.Address, 2, 0x0a000003)], [Node2, Node3], 2).IsEmpty);
    }

    private static RouteInfo Way(IPAddress gateway, int link, uint table) => new(null, gateway, link, table, 0, null, 1, IsIPv6: false);

    private static TransportPort Port(PortProtocol protocol, ushort port) => new(protocol, port);

    private static IPAddress Address(string text) => IPAddress.Parse(text);
}
