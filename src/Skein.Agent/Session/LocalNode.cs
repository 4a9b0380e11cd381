namespace Skein.Agent.Session;

/// <summary>Who this node is in the swarm.</summary>
/// <param name="NodeId">Empty when it is in none.</param>
/// <param name="Vtep">Underlay address of this node's tunnels; endpoints with another vtep are remote.</param>
/// <param name="DataPathPort">UDP port of the VXLAN devices, 4789 by default.</param>
public sealed record LocalNode(string NodeId, string Vtep, uint DataPathPort)
{
    public static readonly LocalNode None = new("", "", 4789);
}
