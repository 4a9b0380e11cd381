using Skein.Linux;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>Reads the fabric's state from the kernel and applies plans to it. Decides nothing.</summary>
internal sealed class FabricProgrammer(NetworkNamespace space, RtNetlink host, RtNetlink fabric)
{
    public NetworkNamespace Space => space;

    public RtNetlink Fabric => fabric;

    // Links are read first: an entry whose device is new since then is left for the next look.
    public FabricObservation Observe()
    {
        var links = fabric.Links();
        return FabricObservation.Of(links, fabric.Neighbours(), fabric.Forwarding());
    }

    /// <returns>What the kernel refused.</returns>
    public IReadOnlyList<LinuxException> Apply(FabricPlan plan)
    {
        var failures = new List<LinuxException>();
        var inFabric = new NetlinkBatch();
        var onHost = new NetlinkBatch();
        foreach (var change in plan.Changes) Add(change, inFabric, onHost);
        // Deletions before the additions of the same name: those are made from the host's side, as the tunnel's socket stays there.
        fabric.Apply(inFabric, failures.Add);
        host.Apply(onHost, failures.Add);
        return failures;
    }

    private void Add(FabricChange change, NetlinkBatch inFabric, NetlinkBatch onHost) => _ = change switch
    {
        FabricChange.AddBridge add => inFabric.AddBridge(add.Name, add.Mtu),
        FabricChange.AddVxlan add => onHost.AddVxlan(add.Name, add.Vni, add.Local, add.UdpPort, add.Mtu, space),
        FabricChange.DeleteDevice delete => inFabric.DeleteLink(delete.Name),
        FabricChange.SetUp set => inFabric.SetUp(set.Link),
        FabricChange.SetMtu set => inFabric.SetMtu(set.Link, set.Mtu),
        FabricChange.SetMaster set => inFabric.SetMaster(set.Link, set.Bridge),
        FabricChange.SetQuiet set => inFabric.SetBridgePort(set.Link, learning: false, flood: false),
        FabricChange.SetPlain set => inFabric.SetPlainBridge(set.Link),
        FabricChange.SetNeighbour set => inFabric.SetNeighbour(set.Vxlan, set.Address, set.Mac),
        FabricChange.DeleteNeighbour delete => inFabric.DeleteNeighbour(delete.Vxlan, delete.Address),
        FabricChange.SetTunnel set => inFabric.SetTunnelEntry(set.Vxlan, set.Mac, set.Remote),
        FabricChange.DeleteTunnel delete => inFabric.DeleteTunnelEntry(delete.Vxlan, delete.Mac),
        FabricChange.SetPortEntry set => inFabric.SetPortEntry(set.Port, set.Mac),
        FabricChange.DeletePortEntry delete => inFabric.DeletePortEntry(delete.Port, delete.Mac),
        _ => throw new InvalidOperationException($"a change of an unknown kind: {change}"),
    };
}
