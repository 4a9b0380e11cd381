namespace Skein.NodeLife;

/// <param name="Name">The node's id.</param>
internal sealed record MemberMemory(string Name, string PeerUrl);
