using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>A namespace as the kernel shows it, and what belongs to it outside.</summary>
internal sealed record LegObservation(
    IReadOnlyDictionary<string, LinkInfo> Inside,
    IReadOnlyList<AddressInfo> Addresses,
    IReadOnlyList<RouteInfo> Routes,
    IReadOnlyList<NeighbourInfo> Neighbours,
    LegPorts Outside);
