using System.Net.NetworkInformation;

namespace Skein.NodeLife;

/// <summary>The addresses that this host has now.</summary>
internal static class HostAddresses
{
    public static IReadOnlyList<HostAddress> Read() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces().SelectMany(device => SwarmAddresses.Usable(device).Select(address => new HostAddress(device.Name, address))),
    ];
}
