using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>docker_gwbridge's kernel parameters, which go with the device and are set again with the next.</summary>
internal static class GatewaySysctls
{
    /// <summary>Else whoever is on the bridge reached what the host serves on [::], past the rules, which are IPv4's. Before it is up.</summary>
    public static readonly (string Name, string Value) WithoutIPv6 = ($"net/ipv6/conf/{KnownNetworks.GatewayBridge}/disable_ipv6", "1");

    /// <summary>127.0.0.1:PORT leaves the host by the bridge with a loopback source. Only behind the host's table.</summary>
    public static readonly (string Name, string Value) LoopbackSources = ($"net/ipv4/conf/{KnownNetworks.GatewayBridge}/route_localnet", "1");

    /// <summary>One that is off stays off when ip_forward, which is on already, is set again. Only behind the host's table.</summary>
    public static readonly (string Name, string Value) Forwarding = ($"net/ipv4/conf/{KnownNetworks.GatewayBridge}/forwarding", "1");
}
