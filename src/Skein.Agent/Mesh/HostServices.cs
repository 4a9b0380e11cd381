using System.Net;
using Microsoft.Extensions.Logging;
using Skein.Agent.Mesh.Firewall;
using Skein.Agent.Networks;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Linux.Nftables;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>
/// What is programmed in the host's own namespace: published ports in, containers' packets out, tunnels from the swarm's nodes alone,
/// and what firewalls of others make of all that.
/// </summary>
internal sealed class HostServices : IDisposable
{
    private static readonly IReadOnlyList<(string Name, string Value)> Sysctls =
    [
        ("net/ipv4/ip_forward", "1"),
        GatewaySysctls.Forwarding,
        GatewaySysctls.LoopbackSources,
        GatewaySysctls.WithoutIPv6,
    ];

    private readonly NetworkNamespace _host;
    private readonly NetlinkEvents _events;
    private readonly NamespaceTable _table;
    private readonly NamespaceTable _tableIPv6;
    private readonly HostForwarding _forwarding;
    private readonly HostFirewall _firewall;
    private readonly UdpFlows _flows;
    private bool _tuned;

    // An earlier daemon's: its containers on docker_gwbridge go on until they have been found again.
    private bool _tookOver;

    /// <param name="host">Null = this process's own.</param>
    /// <param name="execRoot">For what is to be remembered until the host boots again.</param>
    public HostServices(NetworkNamespace? host, string execRoot, ILogger log)
    {
        _host = host is null ? NetworkNamespace.OpenHost() : NetworkNamespace.Open(host.Path);
        _table = new NamespaceTable(_host);
        _tableIPv6 = new NamespaceTable(_host, Ruleset.TableIPv6);
        _forwarding = new HostForwarding(_host, Path.Combine(execRoot, "forwarding"));
        _firewall = new HostFirewall(_host, log);
        _flows = new UdpFlows(_host);
        _events = NetlinkEvents.SubscribeNftables(_host);
        _tookOver = NftablesSession.Tables(_host).Contains(Ruleset.Table);
        Ports = new HostPorts(_host, log);
    }

    public HostPorts Ports { get; }

    /// <summary>docker_gwbridge's CIDR; null while this host has no such bridge.</summary>
    public string? GatewaySubnet { get; set; }

    /// <summary>Devices of the host's other bridges, which have a table of their own, and stay when this host leaves the swarm.</summary>
    public IReadOnlyList<string> OtherBridges { get; set; } = [];

    /// <summary>Published ports that a program of the host has, and what of the swarm's packets its own firewall drops, with what cures it.</summary>
    public IReadOnlyList<string> Warnings => [.. Ports.Warnings, .. _firewall.Warnings];

    /// <summary>Completes when something in the host's nftables has changed, be it by us.</summary>
    public Task ChangedAsync(CancellationToken cancel) => _events.WaitAsync(cancel);

    public void Program(MeshView mesh, IReadOnlyCollection<ContainerServices> containers, IngressServices? ingress, bool masquerades)
    {
        _tookOver = false;
        var ports = PortsOf(mesh, containers, ingress);
        if (GatewaySubnet is not null) _forwarding.Claim();
        _table.Apply(HostRuleset.Render(new HostMeshSpec(mesh.Tunnels, GatewaySubnet, ports, mesh.Subnets, _forwarding.ByUs) { OtherBridges = OtherBridges, Masquerades = masquerades }));
        if (mesh.Tunnels is { IsIPv6: true } tunnels) _tableIPv6.Apply(TunnelRules.RenderIPv6(tunnels, OtherBridges));
        Tune();
        _flows.Follow(ports.Where(p => p.Published.Protocol == PortProtocol.Udp).ToDictionary(
            p => new IPEndPoint(IPAddress.Any, p.Published.Port), p => new HashSet<IPEndPoint> { new(p.Address, p.Port) }));
    }

    /// <returns>What was not as it had been programmed, and was put right.</returns>
    public IReadOnlyList<string> Verify()
    {
        var sysctls = _tuned && GatewaySubnet is not null ? Sysctl.Set(_host, Sysctls) : [];
        NamespaceTable[] tables = [_table, _tableIPv6];
        return [.. sysctls, .. tables.Where(table => !table.Verify()).Select(table => table.Name)];
    }

    /// <summary>Looks at the firewalls of others, if they have changed.</summary>
    /// <param name="managerPorts">Of this node, where it is a manager.</param>
    public void FollowFirewall(MeshView mesh, IReadOnlyList<int> managerPorts) => _firewall.Follow(
    [
        .. GatewaySubnet is null && !_tookOver ? [] : PacketNeed.OfContainers(KnownNetworks.GatewayBridge),
        .. OtherBridges.SelectMany(PacketNeed.OfContainers),
        .. mesh.Tunnels is { } tunnels ? PacketNeed.OfOverlay(new TransportPort(PortProtocol.Udp, (ushort)tunnels.Port)) : [],
        .. managerPorts.Select(port => PacketNeed.ToPort(new TransportPort(PortProtocol.Tcp, (ushort)port), "of a manager")),
    ]);

    /// <summary>What is ours in the firewalls of others goes.</summary>
    public void RemoveFromFirewall() => _firewall.Remove();

    public void Remove()
    {
        (GatewaySubnet, _tookOver) = (null, false);
        Ports.ReleaseMesh();
        // First: between the two this host would be a router for everybody.
        if (OtherBridges.Count == 0) _forwarding.GiveBack();
        _table.Remove();
        _tableIPv6.Remove();
    }

    public void Dispose()
    {
        Ports.Dispose();
        _events.Dispose();
        _host.Dispose();
    }

    private IReadOnlyList<HostPort> PortsOf(MeshView mesh, IReadOnlyCollection<ContainerServices> containers, IngressServices? ingress)
    {
        var wanted = ingress is null ? [] : mesh.PublishedPorts(0).Select(p => p.Published).ToHashSet();
        var ofMesh = Ports.HoldForMesh(wanted).Select(port => new HostPort(port, ingress!.Gateway, port.Port));
        var own = containers
            .Where(c => c.Gateway is not null)
            .SelectMany(c => c.HostPorts.Select(p => new HostPort(MeshView.PublishedOf(p), c.Gateway!, (ushort)p.TargetPort)));
        return [.. own.Concat(ofMesh).OrderBy(p => p.Published)];
    }

    /// <summary>Behind the table: nothing is passed on before it says what may be.</summary>
    private void Tune()
    {
        if (GatewaySubnet is null) return;
        Sysctl.Set(_host, Sysctls);
        _tuned = true;
    }
}
