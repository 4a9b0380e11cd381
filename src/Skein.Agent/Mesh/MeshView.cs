using System.Net;
using System.Net.Sockets;
using Skein.Agent.Dns;
using Skein.Agent.Session;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>What one state of the assignments means to the mesh, gathered once for all containers.</summary>
internal sealed class MeshView
{
    private readonly ILookup<(string Network, string Service), IPAddress> _ready;
    private readonly ILookup<string, OverlayService> _servicesByNetwork;

    public MeshView(NodeAssignments assignments)
    {
        Assignments = assignments;
        var endpoints = assignments.Endpoints.Values.OrderBy(e => e.Slot).ThenBy(e => e.Id, StringComparer.Ordinal).ToList();
        _ready = endpoints
            .Where(e => e.Ready && e.TaskId.Length > 0)
            .SelectMany(e => IPv4(e.Addresses).Select(a => (Key: (e.NetworkId, e.ServiceId), Address: a)))
            .ToLookup(e => e.Key, e => e.Address);
        _servicesByNetwork = assignments.Services.Values
            .OrderBy(s => s.Id, StringComparer.Ordinal)
            .SelectMany(s => s.VirtualIps.Select(v => (v.NetworkId, Service: s)))
            .ToLookup(s => s.NetworkId, s => s.Service);
        Subnets = SubnetsOf(assignments);
        IngressNetwork = assignments.Networks.Values.FirstOrDefault(n => n.Ingress)?.Id;
        Tunnels = TunnelSpec.From(assignments);
        IngressSources = [.. endpoints.Where(e => e.NetworkId == IngressNetwork && e.TaskId.Length == 0).SelectMany(Sources)];
    }

    public NodeAssignments Assignments { get; }

    public string? IngressNetwork { get; }

    /// <summary>Null when this host is in no swarm.</summary>
    public TunnelSpec? Tunnels { get; }

    /// <summary>The nodes' legs on the ingress network, this node's own among them.</summary>
    public IReadOnlyList<IngressSource> IngressSources { get; }

    /// <summary>IPv4 subnets of the networks present on this node; none within another.</summary>
    public IReadOnlyList<string> Subnets { get; }

    /// <summary>VIPs of the services on these networks.</summary>
    /// <param name="turn">Where each list of backends begins, so that clients that come in step do not all meet the same first one.</param>
    public IReadOnlyList<BalancerSpec> Balancers(IEnumerable<string> networks, uint turn) =>
        [.. networks.Where(n => n != IngressNetwork).SelectMany(n => _servicesByNetwork[n].SelectMany(s => Balancers(s, n, turn)))];

    public IReadOnlyList<PublishedPort> PublishedPorts(uint turn) => IngressNetwork is not { } ingress ? [] :
    [
        .. Assignments.Services.Values
            .SelectMany(s => s.Ports
                .Where(p => p.PublishMode == PublishMode.Ingress && p.PublishedPort is > 0 and <= ushort.MaxValue)
                .Select(p => new PublishedPort(PublishedOf(p), (ushort)p.TargetPort, Turned(_ready[(ingress, s.Id)], turn))))
            .DistinctBy(p => p.Published)
            .OrderBy(p => p.Published),
    ];

    public static TransportPort PublishedOf(PortConfig port) => new(port.Protocol, (ushort)port.PublishedPort);

    public static TransportPort TargetOf(PortConfig port) => new(port.Protocol, (ushort)port.TargetPort);

    public static IEnumerable<IPAddress> IPv4(IEnumerable<string> cidrs) =>
        OverlayAddress.ParseAll(cidrs).Where(a => a.AddressFamily == AddressFamily.InterNetwork);

    private IEnumerable<BalancerSpec> Balancers(OverlayService service, string network, uint turn)
    {
        if (service.Mode == EndpointMode.Dnsrr) return [];
        var backends = Turned(_ready[(network, service.Id)], turn);
        return service.VirtualIps.Where(v => v.NetworkId == network).SelectMany(v => IPv4(v.Addresses)).Select(vip => new BalancerSpec(vip, backends));
    }

    private static IReadOnlyList<IPAddress> Turned(IEnumerable<IPAddress> addresses, uint turn)
    {
        var list = addresses.Distinct().ToList();
        var start = list.Count == 0 ? 0 : (int)(turn % (uint)list.Count);
        return [.. list.Skip(start), .. list.Take(start)];
    }

    private static List<string> SubnetsOf(NodeAssignments assignments)
    {
        var all = assignments.Networks.Values
            .SelectMany(n => n.Ipam.Select(i => IPNetwork.TryParse(i.Subnet, out var subnet) ? subnet : default))
            .Where(s => s.PrefixLength > 0 && s.BaseAddress.AddressFamily == AddressFamily.InterNetwork)
            .Distinct()
            .ToList();
        // One set in nftables takes no intervals that overlap.
        return [.. all.Where(s => !all.Exists(o => o.PrefixLength < s.PrefixLength && o.Contains(s.BaseAddress))).Select(s => s.ToString()).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<IngressSource> Sources(OverlayEndpoint endpoint) =>
        MacAddress.TryParse(endpoint.Mac, out var mac) ? IPv4(endpoint.Addresses).Select(a => new IngressSource(a, mac)) : [];
}
