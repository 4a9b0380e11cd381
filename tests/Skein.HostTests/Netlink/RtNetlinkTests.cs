using System.Net;
using Skein.Linux;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Xunit;

namespace Skein.HostTests.Netlink;

/// <summary>A host, a fabric and a container namespace, fresh for each test. What is made is also read with iproute2.</summary>
public sealed class RtNetlinkTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-rtnl-").FullName;
    private readonly NetworkNamespace _host;
    private readonly NetworkNamespace _fabric;
    private readonly NetworkNamespace _container;
    private readonly RtNetlink _onHost;
    private readonly RtNetlink _inFabric;
    private readonly RtNetlink _inContainer;

    public RtNetlinkTests()
    {
        (_host, _fabric, _container) = (Space("host"), Space("fabric"), Space("container"));
        (_onHost, _inFabric, _inContainer) = (RtNetlink.Open(_host), RtNetlink.Open(_fabric), RtNetlink.Open(_container));
    }

    [Fact]
    public void A_veth_with_its_peer_in_another_namespace_is_one_message()
    {
        _inFabric.Apply(new NetlinkBatch().AddBridge("br-1", 1450));
        var bridge = _inFabric.FindLink("br-1")!;
        Assert.Equal(("bridge", true, 1450u), (bridge.Kind, bridge.Up, bridge.Mtu));
        _inFabric.Apply(new NetlinkBatch()
            .AddVeth("s0-abc", bridge.Index, 1450, _container, "eth0", MacAddress.Parse("02:42:0a:00:01:05"))
            .SetBridgePort("s0-abc", learning: false, flood: false));
        var here = _inFabric.FindLink("s0-abc")!;
        var there = _inContainer.FindLink("eth0")!;
        Assert.Equal(("veth", bridge.Index, there.Index, true), (here.Kind, here.Master, here.Link, here.LinkNamespace is not null));
        Assert.Equal(new BridgePortInfo(Learning: false, Flood: false), here.Port);
        Assert.Equal(("02:42:0a:00:01:05", 1450u, false, here.Index), (there.Mac.ToString(), there.Mtu, there.Up, there.Link));
    }

    [Fact]
    public void A_vxlan_device_made_from_the_host_keeps_its_socket_there()
    {
        var local = IPAddress.Parse("10.99.0.1");
        _onHost.Apply(new NetlinkBatch().AddVxlan("vx-4097", 4097, local, 4789, 1450, _fabric));
        var device = _inFabric.FindLink("vx-4097")!;
        Assert.Equal(new VxlanInfo(4097, local, 4789, Learning: false, Proxy: true), device.Vxlan);
        Assert.Null(_onHost.FindLink("vx-4097"));
        _inFabric.Apply(new NetlinkBatch().SetUp(device.Index));
        Assert.Contains(":4789", _host.Run(() => Commands.Run("ss", "-Hlun")));
        Assert.DoesNotContain(":4789", _fabric.Run(() => Commands.Run("ss", "-Hlun")));
    }

    [Fact]
    public void Neighbours_and_forwarding_entries_replace_and_delete_again_and_again()
    {
        _onHost.Apply(new NetlinkBatch().AddVxlan("vx-9", 9, IPAddress.Parse("10.99.0.1"), 4789, 1450, _fabric));
        _inFabric.Apply(new NetlinkBatch().AddBridge("br-9", 1450));
        var (bridge, vxlan) = (_inFabric.FindLink("br-9")!.Index, _inFabric.FindLink("vx-9")!.Index);
        _inFabric.Apply(new NetlinkBatch().SetMaster(vxlan, bridge).SetUp(vxlan));
        var mac = MacAddress.Parse("02:42:0a:00:01:07");
        foreach (var remote in new[] { "10.99.0.2", "10.99.0.3", "10.99.0.3" })
        {
            _inFabric.Apply(new NetlinkBatch()
                .SetNeighbour(vxlan, IPAddress.Parse("10.0.1.7"), mac)
                .SetNeighbour(vxlan, IPAddress.Parse("fd00::7"), mac)
                .SetTunnelEntry(vxlan, mac, IPAddress.Parse(remote))
                .SetPortEntry(vxlan, mac));
        }
        Assert.Equal(["10.0.1.7", "fd00::7"], _inFabric.Neighbours().Where(n => n.IsPermanent && n.Link == vxlan && n.Mac == mac).Select(n => n.Address.ToString()).Order());
        Assert.Equal("10.99.0.3", Assert.Single(_inFabric.Forwarding(), e => e.Link == vxlan && e.Remote is not null).Remote!.ToString());
        Assert.True(Assert.Single(_inFabric.Forwarding(), e => e.Mac == mac && e.Master == bridge) is { IsStatic: true, IsPermanent: false });
        Assert.Contains("02:42:0a:00:01:07 dev vx-9 dst 10.99.0.3 link-netnsid 0 self permanent", _fabric.Run(() => Commands.Run("bridge", "fdb")));
        for (var i = 0; i < 2; i++)
        {
            _inFabric.Apply(new NetlinkBatch()
                .DeleteNeighbour(vxlan, IPAddress.Parse("10.0.1.7"))
                .DeleteNeighbour(vxlan, IPAddress.Parse("fd00::7"))
                .DeleteTunnelEntry(vxlan, mac)
                .DeletePortEntry(vxlan, mac));
        }
        Assert.DoesNotContain(_inFabric.Forwarding(), e => e.Mac == mac);
        Assert.DoesNotContain(_inFabric.Neighbours(), n => n.Mac == mac);
    }

    [Fact]
    public void Two_thousand_entries_go_in_windows_and_come_back_in_one_dump()
    {
        _onHost.Apply(new NetlinkBatch().AddVxlan("vx-9", 9, IPAddress.Parse("10.99.0.1"), 4789, 1450, _fabric));
        var vxlan = _inFabric.FindLink("vx-9")!.Index;
        var batch = new NetlinkBatch();
        for (var i = 1; i <= 2000; i++)
        {
            var address = new IPAddress([10, 0, (byte)(i >> 8), (byte)i]);
            batch.SetNeighbour(vxlan, address, MacAddress.OfIPv4(address)).SetTunnelEntry(vxlan, MacAddress.OfIPv4(address), IPAddress.Parse("10.99.0.2"));
        }
        _inFabric.Apply(batch);
        Assert.Equal(2000, _inFabric.Neighbours().Count(n => n.Link == vxlan && n.IsPermanent && n.Address.GetAddressBytes()[0] == 10));
        Assert.Equal(2000, _inFabric.Forwarding().Count(e => e.Link == vxlan && e.Remote is not null));
    }

    [Fact]
    public void Addresses_routes_and_rules_are_set_seen_and_deleted()
    {
        _inFabric.Apply(new NetlinkBatch().AddVeth("s0-abc", 0, 1500, _container, "eth0", MacAddress.Parse("02:42:0a:00:01:05")));
        var eth = _inContainer.FindLink("eth0")!.Index;
        for (var i = 0; i < 2; i++)
        {
            _inContainer.Apply(new NetlinkBatch()
                .SetUp(1)
                .SetUp(eth)
                .SetAddress(eth, InterfaceAddress.Parse("10.0.1.5/24"))
                .SetAddress(eth, InterfaceAddress.Parse("fd00::5/64"))
                .SetRoute(null, IPAddress.Parse("10.0.1.1"), eth)
                .SetRoute(IPNetwork.Parse("10.7.0.0/16"), null, eth, table: 1007)
                .AddRule(100, 0x7, 0xff, 1007));
        }
        Assert.Equal(["10.0.1.5/24", "fd00::5/64"], _inContainer.Addresses().Where(a => a.Link == eth && !a.Address.Address.IsIPv6LinkLocal).Select(a => a.Address.ToString()).Order());
        Assert.Contains(_inContainer.Routes(), r => r is { Destination: null, IsIPv6: false, Table: 254 } && r.Gateway!.ToString() == "10.0.1.1");
        Assert.Contains(_inContainer.Routes(), r => r.Table == 1007 && r.Destination == IPNetwork.Parse("10.7.0.0/16"));
        Assert.Contains(new RuleInfo(100, 7, 0xff, 1007, IsIPv6: false), _inContainer.Rules());
        Assert.Contains("brd 10.0.1.255", _container.Run(() => Commands.Run("ip", "addr", "show", "eth0")));
        Assert.Equal(eth, _inContainer.RouteDevice(IPAddress.Parse("8.8.8.8")));
        for (var i = 0; i < 2; i++)
        {
            _inContainer.Apply(new NetlinkBatch()
                .DeleteRule(100, 0x7, 0xff, 1007)
                .DeleteRoute(IPNetwork.Parse("10.7.0.0/16"), null, eth, table: 1007)
                .DeleteAddress(eth, InterfaceAddress.Parse("10.0.1.5/24")));
        }
        Assert.DoesNotContain(_inContainer.Rules(), r => r.Table == 1007);
        Assert.Equal(Errno.ENETUNREACH, Assert.Throws<LinuxException>(() => _inContainer.RouteDevice(IPAddress.Parse("8.8.8.8"))).Errno);
    }

    [Fact]
    public void A_link_is_renamed_moved_and_deleted()
    {
        _onHost.Apply(new NetlinkBatch().AddBridge("one", 1500));
        var index = _onHost.FindLink("one")!.Index;
        _onHost.Apply(new NetlinkBatch().SetDown(index).Rename(index, "two").SetMtu(index, 1400).SetMac(index, MacAddress.Parse("02:00:00:00:00:09")));
        Assert.Equal(("two", false, 1400u, "02:00:00:00:00:09"), _onHost.FindLink("two") is { } two ? (two.Name, two.Up, two.Mtu, two.Mac.ToString()) : default);
        _onHost.Apply(new NetlinkBatch().DeleteLink("two").DeleteLink("two"));
        Assert.Null(_onHost.FindLink("two"));
        _onHost.Apply(new NetlinkBatch().AddVeth("a", 0, 1500, _fabric, "b", MacAddress.Parse("02:00:00:00:00:0b")));
        _onHost.Apply(new NetlinkBatch().Move(_onHost.FindLink("a")!.Index, _container));
        Assert.NotNull(_inContainer.FindLink("a"));
    }

    [Fact]
    public void The_kernels_own_words_are_in_the_error_and_later_changes_are_made_all_the_same()
    {
        var batch = new NetlinkBatch()
            .AddVxlan("vx-1", 1 << 24, IPAddress.Parse("10.99.0.1"), 4789, 1450, _fabric)
            .AddBridge("br-1", 1500)
            .AddBridge("br-1", 1500);
        var failures = new List<LinuxException>();
        _onHost.Apply(batch, failures.Add);
        Assert.Equal([Errno.ERANGE, Errno.EEXIST], failures.Select(f => f.Errno));
        Assert.Contains("add vxlan vx-1 with VNI 16777216", failures[0].Message);
        Assert.Contains("VXLAN", failures[0].Message[30..]);
        Assert.NotNull(_onHost.FindLink("br-1"));
    }

    [Fact]
    public async Task A_change_made_by_anyone_is_an_event()
    {
        using var events = NetlinkEvents.Subscribe(_fabric);
        var waiting = events.WaitAsync(Poll.Soon);
        Assert.False(waiting.IsCompleted);
        _fabric.Run(() => Commands.Run("ip", "link", "add", "br-x", "type", "bridge"));
        await waiting;
    }

    public void Dispose()
    {
        _onHost.Dispose();
        _inFabric.Dispose();
        _inContainer.Dispose();
        _host.Dispose();
        _fabric.Dispose();
        _container.Dispose();
        NamespacePins.DeleteAll(_folder);
    }

    private NetworkNamespace Space(string name) => NetworkNamespace.Create(Path.Combine(_folder, name));
}
