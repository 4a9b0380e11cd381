using Skein.Managing;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <summary>What a node has: written by its work, one piece at a time, and replaced whole.</summary>
internal sealed record NodeHoldings(SwarmMemory? Memory, NodeIdentity? Identity, ManagerParts? Manager)
{
    public static NodeHoldings None { get; } = new(null, null, null);
}
