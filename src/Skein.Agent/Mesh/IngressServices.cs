using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Namespaces;

namespace Skein.Agent.Mesh;

/// <summary>What is programmed in the ingress namespace.</summary>
internal sealed class IngressServices : IDisposable
{
    private readonly NetworkNamespace _space;
    private readonly NamespaceTable _table;
    private readonly string _gatewayInterface;

    public IngressServices(string namespacePath, ContainerLeg overlay, ContainerLeg gateway)
    {
        _space = NetworkNamespace.Open(namespacePath);
        _table = new NamespaceTable(_space);
        _gatewayInterface = gateway.Interface;
        Gateway = MeshView.IPv4(gateway.Addresses).First();
        Subnet = gateway.Addresses[0];
        // The kernel takes the greater of all and the leg's own.
        Sysctl.Set(
            _space,
            ("net/ipv4/ip_forward", "1"),
            ("net/ipv4/conf/all/rp_filter", "0"),
            ($"net/ipv4/conf/{gateway.Interface}/rp_filter", "0"),
            ($"net/ipv4/conf/{overlay.Interface}/rp_filter", "0"));
    }

    public IPAddress Gateway { get; }

    public string Subnet { get; }

    public bool Program(IReadOnlyList<PublishedPort> ports) => _table.Apply(IngressRuleset.Render(new IngressMeshSpec(_gatewayInterface, Gateway, ports)));

    public bool Verify() => _table.Verify();

    public void Dispose() => _space.Dispose();
}
