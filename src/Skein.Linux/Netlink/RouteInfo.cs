using System.Net;

namespace Skein.Linux.Netlink;

/// <param name="Destination">null = default.</param>
/// <param name="Link">Index of the device; 0 = several or none.</param>
public sealed record RouteInfo(IPNetwork? Destination, IPAddress? Gateway, int Link, uint Table, uint Metric, IPAddress? Source, byte Type, bool IsIPv6);
