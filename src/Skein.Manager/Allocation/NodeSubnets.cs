using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>What the nodes have routes to: a network of the swarm there would hide it from containers, or them from it.</summary>
internal static class NodeSubnets
{
    public static IEnumerable<(Subnet Subnet, Node Node)> In(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var text in node.Description?.LocalSubnets ?? [])
            {
                if (Subnet.TryParse(text, out var subnet)) yield return (subnet, node);
            }
        }
    }
}
