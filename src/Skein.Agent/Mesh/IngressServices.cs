using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>What is programmed in the ingress namespace.</summary>
internal sealed class IngressServices : IDisposable
{
    private readonly NetworkNamespace _space;
    private readonly NamespaceTable _table;
    private readonly UdpFlows _flows;
    private readonly string _gatewayInterface;
    private readonly IReadOnlyList<(string Name, string Value)> _sysctls;

    public IngressServices(string namespacePath, ContainerLeg overlay, ContainerLeg gateway)
    {
        _space = NetworkNamespace.Open(namespacePath);
        _table = new NamespaceTable(_space);
        _flows = new UdpFlows(_space);
        _gatewayInterface = gateway.Interface;
        Gateway = MeshView.IPv4(gateway.Addresses).First();
        Subnet = gateway.Addresses[0];
        // The kernel takes the greater of all and the leg's own.
        _sysctls =
        [
            ("net/ipv4/ip_forward", "1"),
            ("net/ipv4/conf/all/rp_filter", "0"),
            ($"net/ipv4/conf/{gateway.Interface}/rp_filter", "0"),
            ($"net/ipv4/conf/{overlay.Interface}/rp_filter", "0"),
        ];
        try
        {
            Sysctl.Set(_space, _sysctls);
        }
        catch
        {
            _space.Dispose();
            throw;
        }
    }

    public IPAddress Gateway { get; }

    public string Subnet { get; }

    /// <returns>Whether the kernel had to be changed.</returns>
    public bool Program(IReadOnlyList<PublishedPort> ports)
    {
        var changed = _table.Apply(IngressRuleset.Render(new IngressMeshSpec(_gatewayInterface, Gateway, ports)));
        _flows.Follow(ports.Where(p => p.Published.Protocol == PortProtocol.Udp).ToDictionary(
            p => new IPEndPoint(Gateway, p.Published.Port), p => p.Backends.Select(b => new IPEndPoint(b, p.Target)).ToHashSet()));
        return changed;
    }

    /// <returns>What was not as it had been programmed, and was put right.</returns>
    public IReadOnlyList<string> Verify()
    {
        var sysctls = Sysctl.Set(_space, _sysctls);
        return _table.Verify() ? sysctls : [.. sysctls, _table.Name];
    }

    public void Dispose() => _space.Dispose();
}
