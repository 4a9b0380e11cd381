using System.Net;
using System.Net.Sockets;
using Skein.Agent.Session;

namespace Skein.Agent.Mesh;

/// <summary>
/// Who may send into the overlays of this host. A VXLAN device believes any datagram with the right VNI, wherever it comes from:
/// there is no key in it. So its port is open to the tunnel ends of the nodes that have endpoints on this node's networks alone.
/// </summary>
/// <param name="Port">UDP port of the VXLAN devices: its packets bypass connection tracking.</param>
/// <param name="Peers">Tunnel ends of the other nodes, in order; all of one family.</param>
internal sealed record TunnelSpec(uint Port, bool IsIPv6, IReadOnlyList<IPAddress> Peers)
{
    /// <summary>Null when this host is in no swarm: the port is then nobody's business here.</summary>
    public static TunnelSpec? From(NodeAssignments assignments)
    {
        var local = assignments.Local;
        if (!IPAddress.TryParse(local.Vtep, out var own)) return null;
        var peers = assignments.Endpoints.Values
            .Where(endpoint => endpoint.NodeId != local.NodeId)
            .Select(endpoint => endpoint.Vtep)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null)
            .OfType<IPAddress>()
            // What bears this host's own address comes from a program on it, or is forged: tunnels go to others.
            .Where(address => address.AddressFamily == own.AddressFamily && !address.Equals(own))
            .Distinct();
        return new TunnelSpec(local.DataPathPort, own.AddressFamily == AddressFamily.InterNetworkV6, [.. peers]);
    }
}
