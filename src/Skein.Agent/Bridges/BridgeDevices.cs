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
    private readonly Dictionary<string, int> _made = new(StringComparer.Ordinal);

    public int IndexOf(BridgeSpec bridge) => _made.GetValueOrDefault(bridge.Device);

    /// <summary>Makes the bridge, or takes over the one of that name that is there. May be repeated.</summary>
    /// <returns>What was not as an earlier call had left it; empty when all was.</returns>
    public IReadOnlyList<string> Ensure(BridgeSpec bridge)
    {
        var putRight = new List<string>();
        var link = host.FindLink(bridge.Device);
        if (link is { Kind: not "bridge" }) throw new SkeinException(ErrorKind.Forbidden, $"cannot create network {bridge.NetworkId} ({bridge.Device}): {bridge.Device} is no bridge");
        var known = _made.GetValueOrDefault(bridge.Device);
        link ??= Make(bridge, putRight);
        Set(bridge, link, putRight);
        _made[bridge.Device] = link.Index;
        return known == 0 ? [] : putRight;
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
