using System.Buffers.Binary;
using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Mesh;

/// <summary>A node's leg on the ingress network: through which connections from outside come, and must go back.</summary>
internal readonly record struct IngressSource(IPAddress Address, MacAddress Mac)
{
    /// <summary>
    /// Packet mark and routing table of the way back: the address itself as a number, which is never 0 and never another
    /// node's, so that every node and every daemon after a restart comes to the same without being told.
    /// </summary>
    public uint Mark => BinaryPrimitives.ReadUInt32BigEndian(Address.GetAddressBytes());

    /// <summary>
    /// Zone of connection tracking for what comes through this node. It has 16 bits: in an ingress network wider than /16 two nodes may
    /// share one, and only there may a client's port that comes through both at once meet itself.
    /// </summary>
    public ushort Zone => (ushort)Mark;
}
