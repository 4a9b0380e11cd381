using System.Text.Json;
using Skein.Agent.Mesh;
using Skein.Agent.Mesh.Firewall;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Mesh;

/// <summary>firewalld's tables in short, as libnftables tells them.</summary>
public class FirewallPlanTests
{
    private const string StateOk = """[{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": {"set": ["established", "related"]}}}, {"accept": null}]""";
    private const string Translated = """[{"match": {"op": "in", "left": {"ct": {"key": "status"}}, "right": "dnat"}}, {"accept": null}]""";
    private const string Reject = """[{"reject": {"type": "icmpx", "expr": "admin-prohibited"}}]""";

    private static readonly IReadOnlyList<PacketNeed> Needs = [.. PacketNeed.OfContainers(KnownNetworks.GatewayBridge), PacketNeed.ToPort(new TransportPort(PortProtocol.Tcp, 2377), "of a manager")];

    [Fact]
    public void A_zone_of_firewalld_is_opened_for_containers_and_the_port_is_asked_for_in_its_own_words()
    {
        var plan = FirewallPlan.Of(Firewalld(), Needs);
        Assert.Equal(
            ["chain filter_INPUT of table inet firewalld drops port 2377/tcp (of a manager). What lets it pass: firewall-cmd --permanent --add-port=2377/tcp && firewall-cmd --reload"],
            plan.Warnings);
        var cure = Assert.Single(plan.Cures);
        Assert.Equal("""
            insert rule inet firewalld filter_FORWARD iifname "docker_gwbridge" accept comment "skein: containers"
            insert rule inet firewalld filter_FORWARD oifname "docker_gwbridge" accept comment "skein: containers"

            """, cure.Commands);
        Assert.Equal(
            ["chain filter_FORWARD of table inet firewalld drops what containers send out. What lets it pass: firewall-cmd --permanent --zone=trusted --add-interface=docker_gwbridge && firewall-cmd --reload"],
            cure.Otherwise);
    }

    /// <summary>The table that firewalld 1.3 puts beside its own: for the seconds of a reload, and for a panic.</summary>
    [Theory]
    [InlineData("filter_output")]
    [InlineData("raw_output", "firewall-cmd --panic-off")]
    public void What_firewalld_drops_while_it_reloads_is_not_complained_of_and_a_panic_is_ended_in_its_own_words(string name, params string[] counsels)
    {
        using var listing = JsonDocument.Parse($$$"""
            {"nftables": [{"chain": {"family": "inet", "table": "firewalld_policy_drop", "name": "{{{name}}}", "type": "filter", "hook": "output", "policy": "drop"}}]}
            """);
        var plan = FirewallPlan.Of(FirewallReader.Read(listing.RootElement, Ruleset.TableName), PacketNeed.OfOverlay(new TransportPort(PortProtocol.Udp, 4789)));
        Assert.Equal(counsels, plan.Warnings.Select(Counsel));
    }

    [Theory]
    [InlineData("ip", "INPUT", "input", "ufw allow 2377/tcp")]
    [InlineData("ip", "OUTPUT", "output", "ufw allow out 4789/udp")]
    [InlineData("iptables-legacy", "INPUT", "input", "ufw allow 2377/tcp")]
    [InlineData("iptables-legacy", "FORWARD", "forward", "ufw route allow out on docker_gwbridge", "ufw route allow in on docker_gwbridge")]
    public void Where_ufw_has_hung_in_its_chains_it_is_asked_in_its_words(string family, string name, string hook, params string[] counsels)
    {
        IReadOnlyList<PacketNeed> needs = [.. Needs, .. PacketNeed.OfOverlay(new TransportPort(PortProtocol.Udp, 4789)).Where(need => need.Hook == PacketNeed.Output)];
        FirewallChain chain = new(family, "filter", name, hook, true, [Rule(1, "[{\"jump\": {\"target\": \"ufw-before-" + hook + "\"}}]")]);
        FirewallChain own = new(family, "filter", "ufw-before-" + hook, "", false, []);
        Assert.Equal(counsels, FirewallPlan.Of([chain, own], needs).Warnings.Select(Counsel));
    }

    [Fact]
    public void Ours_that_stand_are_left_and_go_when_nothing_is_needed()
    {
        FirewallRule[] ours =
        [
            Rule(7, """[{"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "docker_gwbridge"}}, {"accept": null}]""", FirewallPlan.Comment),
            Rule(8, """[{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "docker_gwbridge"}}, {"accept": null}]""", FirewallPlan.Comment),
        ];
        FirewallChain chain = new("ip", "filter", "FORWARD", "forward", true, ours);
        Assert.Empty(FirewallPlan.Of([chain], Needs).Cures);
        Assert.Equal("delete rule ip filter FORWARD handle 7\ndelete rule ip filter FORWARD handle 8\n", Assert.Single(FirewallPlan.Of([chain], []).Cures).Commands);
        Assert.StartsWith("delete rule ip filter FORWARD handle 7\ninsert ", Assert.Single(FirewallPlan.Of([chain with { Rules = [ours[0]] }], Needs).Cures).Commands);
    }

    [Theory]
    [InlineData("""[{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": [22, {"range": [2000, 2400]}]}}}, {"accept": null}]""", Passage.Passes)]
    [InlineData("""[{"match": {"op": "==", "left": {"payload": {"protocol": "udp", "field": "dport"}}, "right": 2377}}, {"accept": null}]""", Passage.Blocked)]
    [InlineData("""[{"match": {"op": "!=", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}, {"accept": null}]""", Passage.Passes)]
    [InlineData("""[{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": "@open"}}, {"accept": null}]""", Passage.Unclear)]
    [InlineData("""[{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "192.0.2.1"}}, {"accept": null}]""", Passage.Unclear)]
    [InlineData("""[{"xt": {"type": "match", "name": "conntrack"}}, {"counter": {"packets": 0, "bytes": 0}}, {"accept": null}]""", Passage.Blocked)]
    [InlineData("""[{"xt": {"type": "match", "name": "multiport"}}, {"accept": null}]""", Passage.Unclear)]
    [InlineData("""[{"xt": null}, {"accept": null}]""", Passage.Unclear)]
    [InlineData("""[{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": {"set": [["lo", {"accept": null}]]}}}]""", Passage.Unclear)]
    [InlineData("""[{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}}, {"accept": null}]""", Passage.Blocked)]
    [InlineData("""[{"jump": {"target": "in"}}]""", Passage.Blocked)]
    [InlineData("""[{"jump": {"target": "unread"}}]""", Passage.Unclear)]
    [InlineData("""[{"goto": {"target": "unread"}}]""", Passage.Unclear)]
    public void A_packet_to_a_port_through_a_chain_that_drops_at_its_end(string rule, object expected)
    {
        FirewallChain chain = new("ip", "t", "in", "input", true, [Rule(1, rule)]);   // the last row's chain jumps to itself, and ends all the same
        Assert.Equal((Passage)expected, ChainWalk.Of(chain, new Dictionary<string, FirewallChain> { [chain.Id] = chain }, Needs[2], static _ => true));
    }

    private static string Counsel(string warning) => warning[(warning.LastIndexOf(": ", StringComparison.Ordinal) + 2)..];

    private static FirewallChain[] Firewalld() =>
    [
        Chain("filter_INPUT", "input", StateOk, Translated, """[{"jump": {"target": "filter_INPUT_ZONES"}}]""", Reject),
        Chain("filter_INPUT_ZONES", "", """[{"goto": {"target": "filter_IN_public"}}]"""),
        Chain("filter_IN_public", "", """[{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}, {"accept": null}]""", Reject),
        Chain("filter_FORWARD", "forward", StateOk, Translated, Reject),
    ];

    private static FirewallChain Chain(string name, string hook, params string[] rules) => new("inet", "firewalld", name, hook, false, [.. rules.Select((rule, at) => Rule(at, rule))]);

    private static FirewallRule Rule(long handle, string expressions, string comment = "") => new(handle, comment, JsonDocument.Parse(expressions).RootElement.Clone());
}
