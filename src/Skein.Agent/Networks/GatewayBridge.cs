using System.Net;
using Skein.Linux;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>
/// docker_gwbridge: how containers leave the host, and how published ports enter. Which addresses are in use is read from
/// the containers' namespaces, never from a file.
/// </summary>
internal sealed class GatewayBridge(NetworkNamespace hostSpace, RtNetlink host, IPNetwork wished)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, InterfaceAddress> _held = [];
    private volatile GatewayPool? _pool;
    private volatile int _index;

    public GatewayPool? Pool => _pool;

    public int Index => _index;

    /// <summary>Makes the bridge, or takes over the one that is there with the subnet it has. May be repeated.</summary>
    public void Ensure(uint mtu)
    {
        var link = host.FindLink(DeviceNames.GatewayBridge);
        if (link is null)
        {
            try
            {
                host.Apply(new NetlinkBatch().AddBridge(DeviceNames.GatewayBridge, mtu));
            }
            catch (LinuxException error) when (error.Errno == Errno.EEXIST)
            {
            }
            link = host.FindLink(DeviceNames.GatewayBridge) ?? throw new LinuxException($"find {DeviceNames.GatewayBridge}", Errno.ENODEV);
        }
        var addresses = host.Addresses().Where(address => address.Link == link.Index && !address.Address.IsIPv6).ToList();
        var pool = addresses.Count > 0 ? new GatewayPool(addresses[0].Address.Network) : _pool ?? Choose(link.Index);
        if (!link.Up || !addresses.Exists(address => address.Address == pool.Host))
            host.Apply(new NetlinkBatch().SetAddress(link.Index, pool.Host).SetUp(link.Index));
        if (_index == 0) Sysctl.Set(hostSpace, ("net/ipv4/ip_forward", "1"));
        _pool = pool;
        _index = link.Index;
    }

    /// <summary>The same address for the same container, as long as it has it.</summary>
    /// <param name="present">What its namespace has already, if anything.</param>
    public InterfaceAddress Hold(string containerId, InterfaceAddress? present)
    {
        var pool = _pool ?? throw SkeinException.Unavailable($"{DeviceNames.GatewayBridge} does not exist yet");
        lock (_lock)
        {
            if (present is { } kept && pool.Subnet.Contains(kept.Address)) return _held[containerId] = kept;
            if (_held.TryGetValue(containerId, out var held)) return held;
            var used = _held.Values.Select(address => address.Address).ToHashSet();
            return _held[containerId] = pool.Free(used)
                ?? throw SkeinException.Unavailable($"no available IPv4 addresses on this network's address pools: {DeviceNames.GatewayBridge}");
        }
    }

    public void Release(string containerId)
    {
        lock (_lock) _held.Remove(containerId);
    }

    public void Remove()
    {
        host.Apply(new NetlinkBatch().DeleteLink(DeviceNames.GatewayBridge));
        (_pool, _index) = (null, 0);
    }

    private GatewayPool Choose(int ownIndex) => GatewayPool.Choose(
        wished,
        [.. host.Routes().Where(route => !route.IsIPv6 && route.Link != ownIndex && route.Destination is not null).Select(route => route.Destination!.Value)]);
}
