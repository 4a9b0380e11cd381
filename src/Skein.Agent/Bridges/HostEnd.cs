using System.Net;
using Skein.Agent.Mesh;

namespace Skein.Agent.Bridges;

/// <summary>An address and port of this host; any address = all of its family.</summary>
internal readonly record struct HostEnd(TransportPort Port, IPAddress Address)
{
    public bool IsAny => Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any);

    public bool IsIPv6 => Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    /// <summary>Whether a connection could be meant for both.</summary>
    public bool Meets(HostEnd other) => Port == other.Port && IsIPv6 == other.IsIPv6 && (IsAny || other.IsAny || Address.Equals(other.Address));

    /// <summary>As Docker's errors write it.</summary>
    public override string ToString() => new IPEndPoint(Address, Port.Port).ToString();
}
