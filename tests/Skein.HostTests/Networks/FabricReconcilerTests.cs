using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Networks;

public sealed class FabricReconcilerTests : IDisposable
{
    private const string Leg = "sk-1";
    private static readonly LocalPort Port = new(Leg, "ovid", MacAddress.Parse("02:42:0a:00:01:05"));

    private static readonly NodeAssignments Assignments = NodeAssignments.Empty with
    {
        Local = new LocalNode("node1", "127.0.0.1", 4789),
        Networks = ImmutableDictionary<string, OverlayNetwork>.Empty.Add("ovid", new() { Id = "ovid", Name = "ov", Vni = 4097 }),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-fabric-").FullName;
    private readonly NetworkNamespace _host;
    private readonly RtNetlink _netlink;
    private readonly FabricReconciler _fabric;

    public FabricReconcilerTests()
    {
        _host = NetworkNamespace.Create(Path.Combine(_folder, "host"));
        _netlink = RtNetlink.Open(_host);
        _fabric = new FabricReconciler(Path.Combine(_folder, "fabric"), _netlink, NullLogger.Instance);
    }

    [Fact]
    public void An_address_on_loopback_says_nothing_of_the_underlays_MTU()
    {
        _host.Run(() =>
        {
            Commands.Run("ip", "link", "set", "lo", "up");
            Commands.Run("ip", "link", "add", "eth0", "mtu", "1400", "up", "type", "veth", "peer", "name", "away");
            return Commands.Run("ip", "address", "add", "192.168.77.1/24", "dev", "eth0");
        });
        Assert.Equal(1500u, FabricReconciler.UnderlayMtu(_netlink, "127.0.0.1"));
        Assert.Equal(1400u, FabricReconciler.UnderlayMtu(_netlink, "192.168.77.1"));
    }

    [Fact]
    public void A_leg_that_is_made_after_it_was_wished_is_no_drift_and_one_that_is_unplugged_is()
    {
        Assert.True(_fabric.Reconcile(Assignments, [Port], 1500));
        In("ip", "link", "add", Leg, "type", "veth", "peer", "name", "inside");

        Assert.True(_fabric.Reconcile(Assignments, [Port], 1500));
        Assert.Contains("master br-4097", In("ip", "link", "show", Leg));
        Assert.Equal(0, _fabric.Healed);

        In("ip", "link", "set", Leg, "nomaster");
        Assert.True(_fabric.Reconcile(Assignments, [Port], 1500));
        Assert.Contains("master br-4097", In("ip", "link", "show", Leg));
        Assert.NotEqual(0, _fabric.Healed);
    }

    public void Dispose()
    {
        _fabric.RemoveAll();
        _fabric.Dispose();
        _netlink.Dispose();
        _host.Dispose();
        NetworkNamespace.Delete(Path.Combine(_folder, "fabric"));
        NetworkNamespace.Delete(Path.Combine(_folder, "host"));
        Directory.Delete(_folder, recursive: true);
    }

    private string In(string program, params string[] arguments)
    {
        using var fabric = NetworkNamespace.Open(Path.Combine(_folder, "fabric"));
        return fabric.Run(() => Commands.Run(program, arguments));
    }
}
