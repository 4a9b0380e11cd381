using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>
/// The difference between wish and kernel. A network whose devices are missing or wrong gets its devices only: its entries
/// follow from the next look, when their indexes are known.
/// </summary>
internal sealed class FabricPlan
{
    private readonly List<FabricChange> _changes = [];
    private readonly FabricSpec _spec;
    private readonly FabricObservation _observed;

    private FabricPlan(FabricSpec spec, FabricObservation observed) => (_spec, _observed) = (spec, observed);

    public IReadOnlyList<FabricChange> Changes => _changes;

    public static FabricPlan Between(FabricSpec spec, FabricObservation observed)
    {
        var plan = new FabricPlan(spec, observed);
        plan.RemoveStrangers();
        foreach (var network in spec.Networks.Values.OrderBy(network => network.Vni)) plan.Compare(network);
        return plan;
    }

    /// <summary>A network that is no longer assigned goes with its last container: until then its containers still talk.</summary>
    private void RemoveStrangers()
    {
        foreach (var link in _observed.Links.Values.OrderByDescending(link => link.Name, StringComparer.Ordinal))
        {
            if (DeviceNames.VniOf(link.Name) is not { } vni || _spec.Networks.ContainsKey(vni)) continue;
            if (_observed.Find(DeviceNames.Bridge(vni)) is { } bridge && _observed.HasPorts(bridge)) continue;
            _changes.Add(new FabricChange.DeleteDevice(link.Name, "its network is not assigned to this node"));
        }
    }

    private void Compare(FabricNetworkSpec network)
    {
        var bridge = Bridge(network);
        var vxlan = Vxlan(network);
        if (bridge is null || vxlan is null) return;
        Port(vxlan, bridge);
        if (!bridge.IsPlainBridge) _changes.Add(new FabricChange.SetPlain(bridge.Index, bridge.Name));
        Tune(bridge, network.Mtu);
        Tune(vxlan, network.Mtu);
        Neighbours(network, vxlan);
        Tunnels(network, vxlan);
        PortEntries(network, bridge, vxlan);
    }

    private LinkInfo? Bridge(FabricNetworkSpec network)
    {
        var name = DeviceNames.Bridge(network.Vni);
        var found = _observed.Find(name);
        if (found is { Kind: "bridge" }) return found;
        if (found is not null) _changes.Add(new FabricChange.DeleteDevice(name, $"it is a {found.Kind}, not a bridge"));
        _changes.Add(new FabricChange.AddBridge(name, network.Mtu));
        return null;
    }

    private LinkInfo? Vxlan(FabricNetworkSpec network)
    {
        var name = DeviceNames.Vxlan(network.Vni);
        var found = _observed.Find(name);
        var reason = found is null ? null : Unfit(found, network.Vni);
        if (found is not null && reason is null) return found;
        if (reason is not null) _changes.Add(new FabricChange.DeleteDevice(name, reason));
        _changes.Add(new FabricChange.AddVxlan(name, network.Vni, _spec.Vtep!, _spec.UdpPort, network.Mtu));
        return null;
    }

    /// <summary>Why the device can't be used; none of these can be changed on a device that exists.</summary>
    private string? Unfit(LinkInfo link, uint vni) => link.Vxlan switch
    {
        null => $"it is a {link.Kind}, not a vxlan",
        { } have when have.Vni != vni => $"its VNI is {have.Vni}",
        { } have when !Equals(have.Local, _spec.Vtep) => $"its tunnel end is {have.Local}, this node's {_spec.Vtep}",
        { } have when have.UdpPort != _spec.UdpPort => $"its UDP port is {have.UdpPort}, the swarm's {_spec.UdpPort}",
        { Learning: true } => "it learns",
        { Proxy: false } => "it does not answer address resolution",
        _ => null,
    };

    private void Port(LinkInfo port, LinkInfo bridge)
    {
        if (port.Master != bridge.Index) _changes.Add(new FabricChange.SetMaster(port.Index, port.Name, bridge.Index));
        if (port.Master != bridge.Index || port.Port is not { Learning: false, Flood: false, Isolated: false, Ordinary: true, Hairpin: false }) _changes.Add(new FabricChange.SetQuiet(port.Index, port.Name));
    }

    private void Tune(LinkInfo link, uint mtu)
    {
        if (link.Mtu != mtu) _changes.Add(new FabricChange.SetMtu(link.Index, link.Name, mtu));
        if (!link.Up) _changes.Add(new FabricChange.SetUp(link.Index, link.Name));
    }

    private void Neighbours(FabricNetworkSpec network, LinkInfo vxlan)
    {
        var have = new Dictionary<IPAddress, MacAddress?>();
        foreach (var entry in _observed.Neighbours[vxlan.Index])
        {
            have[entry.Address] = entry.Mac;
            if (!network.Neighbours.ContainsKey(entry.Address)) _changes.Add(new FabricChange.DeleteNeighbour(vxlan.Index, entry.Address));
        }
        foreach (var (address, mac) in network.Neighbours)
        {
            if (!have.TryGetValue(address, out var known) || known != mac) _changes.Add(new FabricChange.SetNeighbour(vxlan.Index, address, mac));
        }
    }

    private void Tunnels(FabricNetworkSpec network, LinkInfo vxlan)
    {
        // The kernel keeps one destination for an address; several only for 00:00:00:00:00:00, which floods and is never ours.
        var have = _observed.Forwarding[vxlan.Index].Where(entry => entry.Master == 0 && entry.Remote is not null).ToLookup(entry => entry.Mac);
        foreach (var rows in have)
        {
            if (!network.Tunnels.ContainsKey(rows.Key)) _changes.Add(new FabricChange.DeleteTunnel(vxlan.Index, rows.Key));
        }
        foreach (var (mac, remote) in network.Tunnels)
        {
            if (have[mac].FirstOrDefault() is not { IsPermanent: true } row || !row.Remote!.Equals(remote))
                _changes.Add(new FabricChange.SetTunnel(vxlan.Index, mac, remote));
        }
    }

    /// <summary>The bridge's own table: remote addresses behind the vxlan device, local ones behind their container's leg.</summary>
    private void PortEntries(FabricNetworkSpec network, LinkInfo bridge, LinkInfo vxlan)
    {
        var have = new HashSet<(int Port, MacAddress Mac)>();
        foreach (var entry in _observed.Forwarding[vxlan.Index].Where(entry => entry.Master == bridge.Index && !entry.IsPermanent))
        {
            if (!network.Tunnels.ContainsKey(entry.Mac)) _changes.Add(new FabricChange.DeletePortEntry(vxlan.Index, entry.Mac));
            else if (entry.IsStatic) have.Add((vxlan.Index, entry.Mac));
        }
        foreach (var mac in network.Tunnels.Keys)
        {
            if (!have.Contains((vxlan.Index, mac))) _changes.Add(new FabricChange.SetPortEntry(vxlan.Index, mac));
        }
        foreach (var local in network.Ports)
        {
            // A leg that is only now being made is not there yet.
            if (_observed.Find(local.Device) is not { } link) continue;
            Port(link, bridge);
            Tune(link, network.Mtu);
            if (!_observed.Forwarding[link.Index].Any(entry => entry.Master == bridge.Index && entry.Mac == local.Mac && entry is { IsStatic: true, IsPermanent: false }))
                _changes.Add(new FabricChange.SetPortEntry(link.Index, local.Mac));
        }
    }
}
