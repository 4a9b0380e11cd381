using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Skein.Agent.Session;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>The wish for the fabric of this host: follows from the assignments and from the containers that are attached.</summary>
/// <param name="Vtep">This host's own tunnel end.</param>
internal sealed record FabricSpec(IPAddress? Vtep, ushort UdpPort, ImmutableDictionary<uint, FabricNetworkSpec> Networks)
{
    public static readonly FabricSpec Empty = new(null, 4789, ImmutableDictionary<uint, FabricNetworkSpec>.Empty);

    private const string MtuOption = "com.docker.network.driver.mtu";

    // Outer Ethernet, IP, UDP and VXLAN headers.
    private const uint OverheadIPv4 = 50, OverheadIPv6 = 70, SmallestMtu = 576;

    // Less than 68 bytes would be left, which no IPv4 device takes.
    private const uint SmallestWish = 68 + OverheadIPv6;

    /// <param name="underlayMtu">Of the device that carries <see cref="LocalNode.Vtep"/>.</param>
    public static FabricSpec From(NodeAssignments assignments, IEnumerable<LocalPort> ports, uint underlayMtu)
    {
        if (!IPAddress.TryParse(assignments.Local.Vtep, out var vtep)) return Empty;
        var endpoints = assignments.Endpoints.Values.ToLookup(endpoint => endpoint.NetworkId);
        var local = ports.ToLookup(port => port.NetworkId);
        var networks = assignments.Networks.Values
            .Where(network => network.Vni != 0)
            .Select(network => Network(network, endpoints[network.Id], [.. local[network.Id]], assignments.Local.NodeId, MtuOf(network, vtep, underlayMtu)))
            .ToImmutableDictionary(network => network.Vni);
        return new FabricSpec(vtep, (ushort)assignments.Local.DataPathPort, networks);
    }

    /// <summary>The wish without the ports that are not there: a container's leg is made after it has been wished.</summary>
    public FabricSpec WithPorts(Func<LocalPort, bool> thatAreThere) => this with
    {
        Networks = Networks.Values.Select(network => network with { Ports = [.. network.Ports.Where(thatAreThere)] }).ToImmutableDictionary(network => network.Vni),
    };

    /// <summary>What the underlay leaves. The network's own option, too, speaks of the underlay, as in Docker: 1400 there is 1350 here.</summary>
    public static uint MtuOf(OverlayNetwork network, IPAddress vtep, uint underlayMtu)
    {
        var overhead = vtep.GetAddressBytes().Length == 4 ? OverheadIPv4 : OverheadIPv6;
        if (network.DriverOptions.TryGetValue(MtuOption, out var text)
            && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var wished) && wished >= SmallestWish) return wished - overhead;
        return Math.Max(SmallestMtu, Math.Min(underlayMtu, 65535) - overhead);
    }

    private static FabricNetworkSpec Network(
        OverlayNetwork network, IEnumerable<OverlayEndpoint> endpoints, ImmutableArray<LocalPort> ports, string nodeId, uint mtu)
    {
        var here = ports.Select(port => port.Mac).ToHashSet();
        var neighbours = ImmutableDictionary.CreateBuilder<IPAddress, MacAddress>();
        var tunnels = ImmutableDictionary.CreateBuilder<MacAddress, IPAddress>();
        // An address that two endpoints bear for a moment (one is going, its successor is coming) belongs to the ready one.
        foreach (var endpoint in endpoints.OrderBy(e => e.Ready).ThenBy(e => e.Id, StringComparer.Ordinal))
        {
            if (endpoint.NodeId == nodeId || !IPAddress.TryParse(endpoint.Vtep, out var remote)) continue;
            if (!MacAddress.TryParse(endpoint.Mac, out var mac) || here.Contains(mac)) continue;
            tunnels[mac] = remote;
            foreach (var address in endpoint.Addresses)
            {
                if (InterfaceAddress.TryParse(address, out var parsed)) neighbours[parsed.Address] = mac;
            }
        }
        return new FabricNetworkSpec(network.Vni, mtu, neighbours.ToImmutable(), tunnels.ToImmutable(), ports);
    }
}
