using Skein.Agent.Mesh;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>A published port as it was bound.</summary>
internal readonly record struct BoundPort(TransportPort Target, HostEnd Host)
{
    public PortBinding ToBinding() => new()
    {
        Port = Target.Port,
        Protocol = Target.ProtocolName,
        HostIp = Host.Address.ToString(),
        HostPort = Host.Port.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
