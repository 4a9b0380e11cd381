using Skein.Agent.Networks;
using Skein.Linux;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>The host's ends of its own networks: a bridge each, with the gateways' addresses.</summary>
internal sealed class BridgeDevices(NetworkNamespace hostSpace, RtNetlink host)
{
    // By device: those that an earlier call has left whole.
    private readonly Dictionary<string, (int Index, uint Mtu)> _made = new(StringComparer.Ordinal);

    public int IndexOf(BridgeSpec bridge) => _made.GetValueOrDefault(bridge.Device).Index;

    /// <summary>Of legs on it.</summary>
    public uint MtuOf(BridgeSpec bridge) => _made.GetValueOrDefault(bridge.Device) is { Index: not 0 } made ? made.Mtu : bridge.Mtu;

    /// <summary>Makes the bridge, or takes over the one of that name that is there. May be repeated.</summary>
    /// <returns>What was not as an earlier call had left it; empty when all was.</returns>
    public IReadOnlyList<string> Ensure(BridgeSpec bridge)
    {
        var putRight = new List<string>();
        var link = host.FindLink(bridge.Device);
        if (bridge.Macvlan is not null) return EnsureParent(bridge, link);
        if (link is { Kind: not "bridge" }) throw new SkeinException(ErrorKind.Forbidden, $"cannot create network {bridge.NetworkId} ({bridge.Device}): {bridge.Device} is no bridge");
        var known = IndexOf(bridge);
        link ??= Make(bridge, putRight);
        Set(bridge, link, putRight);
        _made[bridge.Device] = (link.Index, bridge.Mtu);
        return known == 0 ? [] : putRight;
    }

    /// <summary>A device of the host is taken as it is, and its MTU is the legs'. One that is not there is a VLAN of another.</summary>
    private IReadOnlyList<string> EnsureParent(BridgeSpec network, LinkInfo? link)
    {
        var (known, missing) = (IndexOf(network), link is null);
        if (link is null)
        {
            host.Apply(ParentOf(network));
            link = host.FindLink(network.Device) ?? throw new LinuxException($"find {network.Device}", Errno.ENODEV);
            // Nobody speaks on it but those that are on it.
            if (network.OwnParent) Sysctl.Set(hostSpace, ($"net/ipv6/conf/{network.Device}/disable_ipv6", "1"));
        }
        _made[network.Device] = (link.Index, link.Mtu);
        return known != 0 && missing ? [$"the device {network.Device}"] : [];
    }

    private NetlinkBatch ParentOf(BridgeSpec network)
    {
        // A bridge without ports is what every kernel has; Docker's is a dummy.
        if (network.OwnParent) return new NetlinkBatch().AddBridge(network.Device, network.Mtu);
        var (lower, id) = MacvlanOptions.VlanOf(network.Device);
        var below = host.FindLink(lower) ?? throw new SkeinException(ErrorKind.Internal, $"-o parent interface was not found on the host: {lower}");
        return new NetlinkBatch().AddVlan(network.Device, below.Index, id);
    }

    /// <summary>Of a device of this name, whoever has made it; none when there is none.</summary>
    public IReadOnlyList<InterfaceAddress> AddressesOf(string device) => host.FindLink(device) is { } link
        ? [.. host.Addresses().Where(address => address.Link == link.Index).Select(address => address.Address)]
        : [];

    /// <param name="remove">Else the device stays, as it was given.</param>
    public void Forget(BridgeSpec bridge, bool remove)
    {
        if (remove) host.Apply(new NetlinkBatch().DeleteLink(bridge.Device));
        _made.Remove(bridge.Device);
    }

    private LinkInfo Make(BridgeSpec bridge, List<string> putRight)
    {
        host.Apply(new NetlinkBatch().AddBridge(bridge.Device, bridge.Mtu));
        putRight.Add($"the bridge {bridge.Device}");
        return host.FindLink(bridge.Device) ?? throw new LinuxException($"find {bridge.Device}", Errno.ENODEV);
    }

    private void Set(BridgeSpec bridge, LinkInfo link, List<string> putRight)
    {
        putRight.AddRange(CloseIPv6(bridge));
        var addresses = host.Addresses().Where(address => address.Link == link.Index).Select(address => address.Address).ToHashSet();
        var batch = new NetlinkBatch();
        foreach (var address in bridge.Pools.Select(pool => pool.Host).Where(address => !addresses.Contains(address)))
        {
            batch.SetAddress(link.Index, address);
            putRight.Add($"{address} of {bridge.Device}");
        }
        // Without one of its own it has the lowest of its ports' and changes as containers come and go.
        if (bridge.Pool(ipv6: false) is { } pool && link.Mac != MacAddress.OfIPv4(pool.Gateway))
        {
            batch.SetMac(link.Index, MacAddress.OfIPv4(pool.Gateway));
            putRight.Add($"the address of {bridge.Device}");
        }
        if (link.Mtu != bridge.Mtu)
        {
            batch.SetMtu(link.Index, bridge.Mtu);
            putRight.Add($"MTU of {bridge.Device}");
        }
        if (!link.Up)
        {
            batch.SetUp(link.Index);
            putRight.Add($"{bridge.Device} up");
        }
        if (batch.IsEmpty) return;
        host.Apply(batch);
        // The kernel takes IPv6 off a device with less than 1280 bytes, and gives it back as it is by default.
        putRight.AddRange(CloseIPv6(bridge));
    }

    // Else whoever is on the bridge reached what the host serves on [::], past rules that are IPv4's.
    private IReadOnlyList<string> CloseIPv6(BridgeSpec bridge) =>
        bridge.HasIPv6 ? [] : Sysctl.Set(hostSpace, ($"net/ipv6/conf/{bridge.Device}/disable_ipv6", "1"));
}
