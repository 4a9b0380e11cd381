using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Linux.Netlink;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Networks;

public sealed class FabricPlanTests
{
    private const int Bridge = 2, Vxlan = 3, Port = 4;
    private static readonly IPAddress Here = IPAddress.Parse("10.99.0.1"), There = IPAddress.Parse("10.99.0.2");
    private static readonly MacAddress Remote = MacAddress.Parse("02:42:0a:00:01:06"), Local = MacAddress.Parse("02:42:0a:00:01:05");

    [Fact]
    public void An_empty_fabric_gets_devices_first() => Assert.Equal(
        [
            new FabricChange.AddBridge("br-4097", 1450),
            new FabricChange.AddVxlan("vx-4097", 4097, Here, 4789, 1450),
        ],
        FabricPlan.Between(Wish(), Observed([])).Changes);

    [Fact]
    public void New_devices_get_their_places_and_entries() => Assert.Equal(
        [
            new FabricChange.SetMaster(Vxlan, "vx-4097", Bridge),
            new FabricChange.SetQuiet(Vxlan, "vx-4097"),
            new FabricChange.SetUp(Vxlan, "vx-4097"),
            new FabricChange.SetNeighbour(Vxlan, IPAddress.Parse("10.0.1.6"), Remote),
            new FabricChange.SetTunnel(Vxlan, Remote, There),
            new FabricChange.SetPortEntry(Vxlan, Remote),
        ],
        FabricPlan.Between(Wish(), Observed([BridgeLink, VxlanLink with { Master = 0, Up = false, Port = null }])).Changes);

    [Fact]
    public void Where_all_is_as_wished_nothing_is_done() => Assert.Empty(FabricPlan.Between(Wish(), Whole()).Changes);

    [Fact]
    public void An_endpoint_that_is_gone_loses_its_entries() => Assert.Equal(
        [
            new FabricChange.DeleteNeighbour(Vxlan, IPAddress.Parse("10.0.1.6")),
            new FabricChange.DeleteTunnel(Vxlan, Remote),
            new FabricChange.DeletePortEntry(Vxlan, Remote),
        ],
        FabricPlan.Between(Wish(remote: false), Whole()).Changes);

    [Fact]
    public void An_endpoint_that_moved_is_replaced_in_place()
    {
        var moved = FabricSpec.From(Assignments(remote: true, vtep: "10.99.0.3"), [LocalLeg], 1500);
        Assert.Equal([new FabricChange.SetTunnel(Vxlan, Remote, IPAddress.Parse("10.99.0.3"))], FabricPlan.Between(moved, Whole()).Changes);
    }

    [Fact]
    public void A_flooding_entry_added_by_hand_is_taken_away() => Assert.Equal(
        [new FabricChange.DeleteTunnel(Vxlan, default)],
        FabricPlan.Between(Wish(), Whole(new FdbEntry(Vxlan, default, IPAddress.Parse("10.99.0.9"), 0, Rtnl.NUD_PERMANENT))).Changes);

    [Theory]
    [InlineData(4098u, "10.99.0.1", 4789, false, true, "its VNI is 4098")]
    [InlineData(4097u, "10.99.0.7", 4789, false, true, "its tunnel end is 10.99.0.7, this node's 10.99.0.1")]
    [InlineData(4097u, "10.99.0.1", 8472, false, true, "its UDP port is 8472, the swarm's 4789")]
    [InlineData(4097u, "10.99.0.1", 4789, true, true, "it learns")]
    [InlineData(4097u, "10.99.0.1", 4789, false, false, "it does not answer address resolution")]
    public void A_device_that_does_not_fit_is_replaced_and_the_reason_told(uint vni, string local, int port, bool learning, bool proxy, string reason)
    {
        var unfit = VxlanLink with { Vxlan = new VxlanInfo(vni, IPAddress.Parse(local), (ushort)port, learning, proxy) };
        var changes = FabricPlan.Between(Wish(), Observed([BridgeLink, unfit])).Changes;
        Assert.Equal([new FabricChange.DeleteDevice("vx-4097", reason), new FabricChange.AddVxlan("vx-4097", 4097, Here, 4789, 1450)], changes);
    }

    [Fact]
    public void A_network_without_assignment_goes_only_when_no_container_is_left_on_it()
    {
        Assert.Empty(FabricPlan.Between(FabricSpec.Empty, Whole()).Changes);
        Assert.Equal(
            ["vx-4097", "br-4097"],
            FabricPlan.Between(FabricSpec.Empty, Observed([BridgeLink, VxlanLink])).Changes.Cast<FabricChange.DeleteDevice>().Select(change => change.Name));
    }

    [Theory]
    [InlineData("10.99.0.1", 1500u, "", 1450u)]
    [InlineData("10.99.0.1", 9000u, "", 8950u)]
    [InlineData("fd00::1", 1500u, "", 1430u)]
    [InlineData("10.99.0.1", 1500u, "1300", 1250u)]
    [InlineData("fd00::1", 1500u, "1300", 1230u)]
    [InlineData("10.99.0.1", 1500u, "nonsense", 1450u)]
    [InlineData("10.99.0.1", 65536u, "", 65485u)]
    public void The_MTU_is_what_the_underlay_leaves(string vtep, uint underlay, string option, uint expected)
    {
        var network = new OverlayNetwork();
        if (option.Length > 0) network.DriverOptions["com.docker.network.driver.mtu"] = option;
        Assert.Equal(expected, FabricSpec.MtuOf(network, IPAddress.Parse(vtep), underlay));
    }

    [Fact]
    public void An_address_of_two_endpoints_belongs_to_the_ready_one()
    {
        var assignments = Assignments(remote: true);
        var leaving = new OverlayEndpoint(assignments.Endpoints["t2"]) { Id = "t9", Vtep = "10.99.0.9", Ready = false };
        var ready = new OverlayEndpoint(assignments.Endpoints["t2"]) { Ready = true };
        var both = assignments with { Endpoints = assignments.Endpoints.SetItem("t2", ready).Add("t9", leaving) };
        Assert.Equal(There, FabricSpec.From(both, [], 1500).Networks[4097].Tunnels[Remote]);
    }

    private static readonly LocalPort LocalLeg = new("s0-111111111111", "ovid", Local);

    private static readonly LinkInfo BridgeLink = new(Bridge, "br-4097", "bridge", true, 1450, default, 0, 0, null, null, null) { IsPlainBridge = true };

    private static readonly LinkInfo VxlanLink = new(
        Vxlan, "vx-4097", "vxlan", true, 1450, default, Bridge, 0, null, new VxlanInfo(4097, Here, 4789, false, true), new BridgePortInfo(false, false));

    private static FabricSpec Wish(bool remote = true) => FabricSpec.From(Assignments(remote), [LocalLeg], 1500);

    private static NodeAssignments Assignments(bool remote, string vtep = "10.99.0.2")
    {
        var endpoints = ImmutableDictionary<string, OverlayEndpoint>.Empty.Add("t1", Endpoint("t1", "node1", "10.99.0.1", "10.0.1.5/24", Local));
        if (remote) endpoints = endpoints.Add("t2", Endpoint("t2", "node2", vtep, "10.0.1.6/24", Remote));
        return NodeAssignments.Empty with
        {
            Local = new LocalNode("node1", "10.99.0.1", 4789),
            Networks = ImmutableDictionary<string, OverlayNetwork>.Empty.Add("ovid", new OverlayNetwork { Id = "ovid", Vni = 4097 }),
            Endpoints = endpoints,
        };
    }

    private static OverlayEndpoint Endpoint(string id, string node, string vtep, string address, MacAddress mac) =>
        new() { Id = id, NetworkId = "ovid", NodeId = node, Vtep = vtep, Addresses = { address }, Mac = mac.ToString() };

    private static FabricObservation Whole(params FdbEntry[] more) => Observed(
        [BridgeLink, VxlanLink, new LinkInfo(Port, "s0-111111111111", "veth", true, 1450, default, Bridge, 9, 0, null, new BridgePortInfo(false, false))],
        [
            new FdbEntry(Vxlan, Remote, There, 0, Rtnl.NUD_PERMANENT),
            new FdbEntry(Vxlan, Remote, null, Bridge, Rtnl.NUD_NOARP),
            new FdbEntry(Port, Local, null, Bridge, Rtnl.NUD_NOARP),
            .. more,
        ],
        [new NeighbourInfo(Vxlan, IPAddress.Parse("10.0.1.6"), Remote, Rtnl.NUD_PERMANENT)]);

    private static FabricObservation Observed(LinkInfo[] links, FdbEntry[]? forwarding = null, NeighbourInfo[]? neighbours = null) =>
        FabricObservation.Of(links, neighbours ?? [], forwarding ?? []);
}
