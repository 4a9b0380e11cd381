using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>
/// docker_gwbridge as a network of the host's own, in record and device; which of its addresses are in use is read from the containers'
/// namespaces, never from a file. See decisions/0022.
/// </summary>
public sealed class GatewayBridge : IGatewayBridge
{
    private readonly LocalNetworks _networks;
    private readonly NetworkNamespace _space;
    private readonly RtNetlink _host;
    private readonly BridgeDevices _devices;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, InterfaceAddress> _held = [];
    private volatile BridgePool? _pool;
    private volatile int _index;
    private uint _mtu;

    public GatewayBridge(LocalNetworks networks)
        : this(networks, NetworkNamespace.OpenHost())
    {
    }

    /// <param name="space">Where the bridge is; belongs to this object.</param>
    internal GatewayBridge(LocalNetworks networks, NetworkNamespace space)
    {
        (_networks, _space, _host) = (networks, space, RtNetlink.Open(space));
        _devices = new(space, _host);
    }

    public int Index => _index;

    public uint Mtu => Volatile.Read(ref _mtu);

    public InterfaceAddress Host => Pool.Host;

    public InterfaceAddress Ingress => Pool.Free(ImmutableHashSet<IPAddress>.Empty) ?? throw None();

    private BridgePool Pool => _pool ?? throw SkeinException.Unavailable($"{KnownNetworks.GatewayBridge} does not exist yet");

    public IReadOnlyList<string> Ensure(uint mtu)
    {
        var (known, wished) = (_index, Mtu);
        var spec = BridgeSpec.Of(_networks.EnsureGateway(_devices.AddressesOf), mtu);
        var putRight = _devices.Ensure(spec);
        (_pool, _index) = (spec.Pool(ipv6: false), _devices.IndexOf(spec));
        Volatile.Write(ref _mtu, spec.Mtu);
        if (known != 0 && known != _index) Sysctl.Set(_space, GatewaySysctls.LoopbackSources);
        // An underlay with another MTU is followed, and is nobody's change.
        return spec.Mtu == wished ? putRight : [];
    }

    public InterfaceAddress Hold(string containerId, InterfaceAddress? present)
    {
        var pool = Pool;
        lock (_lock)
        {
            if (present is { } kept && pool.Subnet.Contains(kept.Address)) return _held[containerId] = kept;
            if (_held.TryGetValue(containerId, out var held)) return held;
            return _held[containerId] = pool.Free(_held.Values.Append(Ingress).Select(address => address.Address).ToHashSet()) ?? throw None();
        }
    }

    public void Keep(string containerId, InterfaceAddress address)
    {
        lock (_lock) _held[containerId] = address;
    }

    public void Release(string containerId)
    {
        lock (_lock)
        {
            if (_held.TryGetValue(containerId, out var held) && _index != 0) _host.Apply(new NetlinkBatch().DeleteNeighbour(_index, held.Address));
            _held.Remove(containerId);
        }
    }

    public void Remove()
    {
        var network = _networks.Find(KnownNetworks.GatewayBridge);
        if (network is null) RemoveDevice();
        if (network is { OfSwarm: true }) _networks.Remove(network.Id, RemoveDevice);
        if (network is not null) _devices.Forget(BridgeSpec.Of(network), remove: false);
        (_pool, _index) = (null, 0);
    }

    private void RemoveDevice() => _host.Apply(new NetlinkBatch().DeleteLink(KnownNetworks.GatewayBridge));

    public void Dispose()
    {
        _host.Dispose();
        _space.Dispose();
    }

    private static SkeinException None() => SkeinException.Unavailable($"no available IPv4 addresses on this network's address pools: {KnownNetworks.GatewayBridge}");
}
