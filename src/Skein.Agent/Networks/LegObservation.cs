using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>A namespace as the kernel shows it, and the ports outside: in the fabric and on the host, by name.</summary>
internal sealed record LegObservation(
    IReadOnlyDictionary<string, LinkInfo> Inside,
    IReadOnlyList<AddressInfo> Addresses,
    IReadOnlyList<RouteInfo> Routes,
    IReadOnlyDictionary<string, LinkInfo> Ports);
