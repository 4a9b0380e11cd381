using System.Net;
using Skein.Agent.Dns;
using Skein.Agent.Networks;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>What is served in one container's namespace: its resolver, its table, its way back, its ports of the host.</summary>
internal sealed class ContainerServices : IAsyncDisposable
{
    private readonly NetworkNamespace _space;
    private readonly NamespaceTable _table;
    private readonly ContainerResolver _resolver;
    private readonly UdpFlows _flows;
    private ReturnPathSpec? _returnPath;   // as the rules and routes stand

    public ContainerServices(ContainerNetworkSpec spec, string namespacePath, IReadOnlyList<ContainerLeg> legs, ResolverServices resolving, string? ingressNetwork)
    {
        Spec = spec;
        Legs = legs;
        _space = NetworkNamespace.Open(namespacePath);
        try
        {
            Inode = _space.Inode;
            _table = new NamespaceTable(_space);
            _flows = new UdpFlows(_space);
            _resolver = new ContainerResolver(_space, ViewOf(spec, legs, ingressNetwork), PreferredPort(spec.ContainerId), resolving);
        }
        catch
        {
            _space.Dispose();
            throw;
        }
    }

    public ContainerNetworkSpec Spec { get; private set; }

    public IReadOnlyList<ContainerLeg> Legs { get; private set; }

    /// <summary>Of the namespace that is served: a container that starts again has another.</summary>
    public ulong Inode { get; }

    /// <summary>mode=host ports as bound.</summary>
    public IReadOnlyList<PortConfig> HostPorts { get; set; } = [];

    public IPAddress? Gateway => GatewayOf(Legs);

    public static IPAddress? GatewayOf(IReadOnlyList<ContainerLeg> legs) =>
        legs.FirstOrDefault(l => l.NetworkName == KnownNetworks.GatewayBridge) is { } leg ? MeshView.IPv4(leg.Addresses).FirstOrDefault() : null;

    public void Change(ContainerNetworkSpec spec, IReadOnlyList<ContainerLeg> legs, string? ingressNetwork)
    {
        Spec = spec;
        Legs = legs;
        _returnPath = null;   // a leg that was made anew has lost its routes
        _resolver.Change(ViewOf(spec, legs, ingressNetwork));
    }

    /// <returns>Whether the kernel had to be changed.</returns>
    public bool Program(MeshView mesh)
    {
        var spec = MeshSpecOf(mesh);
        // The rules first: a reply that is marked before its route stands would leave by docker_gwbridge and be lost.
        if (spec.ReturnPath is { } path && _returnPath?.Sources.SequenceEqual(path.Sources) != true)
        {
            ReturnRoutesProgrammer.Apply(_space, path.Interface, path.Sources);
            _returnPath = path;
        }
        var changed = _table.Apply(ContainerRuleset.Render(spec));
        _flows.Follow(LedBy(spec));
        return changed;
    }

    /// <returns>What was not as it had been programmed, and was put right.</returns>
    public IReadOnlyList<string> Verify()
    {
        var routes = _returnPath is { } path ? ReturnRoutesProgrammer.Apply(_space, path.Interface, path.Sources) : [];
        return _table.Verify() ? routes : [.. routes, _table.Name];
    }

    public async ValueTask DisposeAsync()
    {
        await _resolver.DisposeAsync();
        _space.Dispose();
    }

    private ContainerMeshSpec MeshSpecOf(MeshView mesh) => new(
        _resolver.UdpPort,
        _resolver.TcpPort,
        mesh.Balancers(Spec.Legs.Select(l => l.NetworkId), StableHash(Spec.ContainerId)),
        ReturnPathOf(mesh),
        GuardOf(Legs));

    private static Dictionary<IPEndPoint, HashSet<IPEndPoint>> LedBy(ContainerMeshSpec spec)
    {
        var led = spec.Balancers.ToDictionary(b => new IPEndPoint(b.Vip, 0), b => b.Backends.Select(a => new IPEndPoint(a, 0)).ToHashSet());
        // A resolver whose port was taken while the daemon was away has another one.
        led[new(ContainerResolver.Address, 53)] = [new(ContainerResolver.Address, spec.DnsUdpPort)];
        return led;
    }

    private static GatewayGuardSpec? GuardOf(IReadOnlyList<ContainerLeg> legs) =>
        legs.FirstOrDefault(l => l.NetworkName == KnownNetworks.GatewayBridge) is { Addresses: [var cidr, ..] } leg && IPAddress.TryParse(leg.Gateway, out var host)
            ? new GatewayGuardSpec(leg.Interface, InterfaceAddress.Parse(cidr).Network.ToString(), host)
            : null;

    private ReturnPathSpec? ReturnPathOf(MeshView mesh)
    {
        var leg = Legs.FirstOrDefault(l => l.NetworkId == mesh.IngressNetwork);
        if (leg is null || Gateway is not { } gateway || MeshView.IPv4(leg.Addresses).FirstOrDefault() is not { } address) return null;
        var ports = Spec.Ports.Where(p => p.PublishMode == PublishMode.Ingress).Select(MeshView.TargetOf).Distinct().Order();
        return new ReturnPathSpec(leg.Interface, address, gateway, mesh.IngressSources, [.. ports], OwnAddress(mesh));
    }

    private IPAddress? OwnAddress(MeshView mesh) => Legs
        .Where(l => l.NetworkId != mesh.IngressNetwork && l.NetworkName != KnownNetworks.GatewayBridge)
        .SelectMany(l => MeshView.IPv4(l.Addresses))
        .FirstOrDefault();

    private static ResolverView ViewOf(ContainerNetworkSpec spec, IReadOnlyList<ContainerLeg> legs, string? ingressNetwork)
    {
        var overlays = spec.Legs.Where(l => l.NetworkId != ingressNetwork).ToList();
        IEnumerable<string> names = [spec.Name, spec.Hostname, spec.ContainerId[..Math.Min(12, spec.ContainerId.Length)]];
        var container = new ContainerView(
            [.. overlays.Select(l => l.NetworkId), .. spec.NamesOf],
            names.Where(n => n.Length > 0).Select(n => n.ToLowerInvariant()).ToHashSet(StringComparer.Ordinal),
            [.. overlays.SelectMany(l => OverlayAddress.ParseAll(l.Addresses))],
            MayForward: legs.Any(l => l.NetworkName == KnownNetworks.GatewayBridge || l.Gateway.Length > 0))
        {
            Links = spec.Links,
        };
        var servers = (spec.Dns?.Nameservers ?? []).Select(n => IPAddress.TryParse(n, out var address) ? address : null).OfType<IPAddress>();
        return new ResolverView(container, [.. servers.Select(a => new IPEndPoint(a, 53)).Take(HostResolvers.MaxServers)]);
    }

    // Below the range from which the kernel gives ports to outgoing connections, above those that programs choose.
    private static int PreferredPort(string containerId) => 20_000 + (int)(StableHash(containerId) % 12_000);

    /// <summary>FNV-1a: the same in every run, unlike string's own.</summary>
    internal static uint StableHash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text) hash = (hash ^ c) * 16777619u;
        return hash;
    }
}
