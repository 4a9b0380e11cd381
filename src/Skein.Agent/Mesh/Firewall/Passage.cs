namespace Skein.Agent.Mesh.Firewall;

/// <summary>What becomes of a packet in a chain.</summary>
internal enum Passage
{
    Passes,
    Blocked,

    /// <summary>It hangs on what is not known here: a set, an address, a match of iptables' own.</summary>
    Unclear,
}
