using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>What a network means to the kernel.</summary>
/// <param name="Internal">Nothing leads out of it, and nothing into it but the host itself.</param>
/// <param name="Icc">Its containers reach each other.</param>
/// <param name="Masquerade">What leaves it has the host's address.</param>
/// <param name="HostBinding">Where ports are published that name no address of the host; any = all of them.</param>
internal sealed record BridgeSpec(
    string NetworkId,
    string Name,
    string Device,
    uint Mtu,
    ImmutableArray<BridgePool> Pools,
    bool Internal,
    bool Icc,
    bool Masquerade,
    IPAddress HostBinding)
{
    /// <summary>Its containers are on a device of the host, Device, beside each other; null = they are on a bridge of its own.</summary>
    public MacvlanMode? Macvlan { get; init; }

    /// <summary>Of a macvlan whose user names no device: it leads nowhere, and its device is made.</summary>
    public bool OwnParent { get; init; }

    private const uint DefaultMtu = 1500;

    /// <summary>Docker's "bridge", whose containers know no names of each other.</summary>
    public bool IsDefault => Name == LocalNetworks.DefaultName;

    public bool HasIPv6 => Pools.Any(pool => pool.IsIPv6);

    public BridgePool? Pool(bool ipv6) => Pools.FirstOrDefault(pool => pool.IsIPv6 == ipv6);

    /// <summary>The swarm's way out, whose containers and rules are the swarm's.</summary>
    public bool IsGateway => Name == KnownNetworks.GatewayBridge;

    /// <param name="mtu">Where the network names none.</param>
    public static BridgeSpec Of(LocalNetwork network, uint mtu = DefaultMtu)
    {
        var spec = OfBridge(network, mtu);
        if (network.Driver != MacvlanOptions.Driver) return spec;
        var own = network.Options.GetValueOrDefault(MacvlanOptions.Parent, "").Length == 0;
        return spec with { Macvlan = MacvlanOptions.ModeOf(network.Options.GetValueOrDefault(MacvlanOptions.Mode, "")), OwnParent = own, Internal = network.Internal || own };
    }

    private static BridgeSpec OfBridge(LocalNetwork network, uint mtu) => new(
        network.Id,
        network.Name,
        DeviceOf(network),
        network.Options.TryGetValue(BridgeOptions.Mtu, out var named) ? uint.Parse(named, CultureInfo.InvariantCulture) : mtu,
        [.. network.Ipam.Select(BridgePool.Of)],
        network.Internal,
        BridgeOptions.Flag(network.Options, BridgeOptions.Icc, otherwise: true),
        BridgeOptions.Flag(network.Options, BridgeOptions.Masquerade, otherwise: true),
        network.Options.TryGetValue(BridgeOptions.HostBinding, out var binding) ? IPAddress.Parse(binding) : IPAddress.Any);

    public static string DeviceOf(LocalNetwork network) => network.Driver == MacvlanOptions.Driver
        ? network.Options.TryGetValue(MacvlanOptions.Parent, out var parent) && parent.Length > 0 ? parent : $"dm-{network.Id[..12]}"
        : network.Options.TryGetValue(BridgeOptions.Name, out var name) ? name : $"br-{network.Id[..12]}";
}
