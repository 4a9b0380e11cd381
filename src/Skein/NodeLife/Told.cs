using Skein.Model;

namespace Skein.NodeLife;

/// <summary>What the swarm wants this node to be, by its latest welcome.</summary>
/// <param name="Missing">It shall be a manager, and is not among etcd's members.</param>
/// <param name="Certified">What its certificate says that it is.</param>
internal sealed record Told(NodeRole Role, bool Missing, NodeRole Certified);
