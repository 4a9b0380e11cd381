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
/// <param name="reserved">Subnets of networks of the host's own, whose bridges may not stand yet.</param>
internal sealed class GatewayBridge(NetworkNamespace hostSpace, RtNetlink host, IPNetwork wished, Func<IReadOnlyCollection<IPNetwork>> reserved)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, InterfaceAddress> _held = [];
    private volatile GatewayPool? _pool;
    private volatile int _index;
    private uint _mtu;
    private uint _bridgeMtu;

    public GatewayPool? Pool => _pool;

    public int Index => _index;

    /// <summary>Of the legs on it: the underlay's.</summary>
    public uint Mtu => Volatile.Read(ref _mtu);

    /// <summary>Makes the bridge, or takes over the one that is there with the subnet it has. May be repeated.</summary>
    /// <returns>What was not as an earlier call had left it; empty when all was.</returns>
    public IReadOnlyList<string> Ensure(uint mtu)
    {
        var known = _index != 0;
        var putRight = new List<string>();
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
            putRight.Add("the bridge");
            link = host.FindLink(DeviceNames.GatewayBridge) ?? throw new LinuxException($"find {DeviceNames.GatewayBridge}", Errno.ENODEV);
        }
        if (_index != link.Index) Sysctl.Set(hostSpace, GatewaySysctls.WithoutIPv6);
        var addresses = host.Addresses().Where(address => address.Link == link.Index && !address.Address.IsIPv6).ToList();
        // The subnet that containers have addresses of stays, whatever somebody gives the bridge.
        var pool = _pool ?? (addresses.Count > 0 ? new GatewayPool(addresses[0].Address.Network) : Choose(link.Index));
        if (!link.Up || !addresses.Exists(address => address.Address == pool.Host))
        {
            host.Apply(new NetlinkBatch().SetAddress(link.Index, pool.Host).SetUp(link.Index));
            putRight.Add($"{pool.Host}, up");
        }
        // Without one of its own it has the lowest of its ports' and changes as containers come and go: what is sent to the address of a
        // port that has gone is lost, until the host has asked for the sender.
        var mac = MacAddress.OfIPv4(pool.Host.Address);
        if (link.Mac != mac)
        {
            host.Apply(new NetlinkBatch().SetMac(link.Index, mac));
            putRight.Add($"address {mac}");
        }
        if (link.Mtu != mtu && _bridgeMtu == mtu)
        {
            host.Apply(new NetlinkBatch().SetMtu(link.Index, mtu));
            putRight.Add($"MTU {mtu}");
        }
        // One that was there with another MTU keeps it; one that had ours gets it back.
        else _bridgeMtu = link.Mtu;
        if (known && _index != link.Index) Sysctl.Set(hostSpace, GatewaySysctls.LoopbackSources);
        Volatile.Write(ref _mtu, mtu);
        _pool = pool;
        _index = link.Index;
        return known ? putRight : [];
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

    /// <summary>It has this one, also while the bridge is not looked at yet: nobody else is given it.</summary>
    public void Keep(string containerId, InterfaceAddress address)
    {
        lock (_lock) _held[containerId] = address;
    }

    public void Release(string containerId)
    {
        lock (_lock)
        {
            if (_held.TryGetValue(containerId, out var held) && _index != 0) host.Apply(new NetlinkBatch().DeleteNeighbour(_index, held.Address));
            _held.Remove(containerId);
        }
    }

    public void Remove()
    {
        host.Apply(new NetlinkBatch().DeleteLink(DeviceNames.GatewayBridge));
        (_pool, _index) = (null, 0);
    }

    private GatewayPool Choose(int ownIndex) => GatewayPool.Choose(
        wished,
        [.. reserved(), .. host.Routes().Where(route => !route.IsIPv6 && route.Link != ownIndex && route.Destination is not null).Select(route => route.Destination!.Value)]);
}
