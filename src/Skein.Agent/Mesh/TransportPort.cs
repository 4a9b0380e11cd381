using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>A port of one of the transports that can be published. Written as nftables writes it in a concatenation.</summary>
internal readonly record struct TransportPort(PortProtocol Protocol, ushort Port) : IComparable<TransportPort>
{
    public string ProtocolName => Protocol switch
    {
        PortProtocol.Udp => "udp",
        PortProtocol.Sctp => "sctp",
        _ => "tcp",
    };

    public int CompareTo(TransportPort other) => (Port, Protocol).CompareTo((other.Port, other.Protocol));

    public override string ToString() => $"{ProtocolName} . {Port}";
}
