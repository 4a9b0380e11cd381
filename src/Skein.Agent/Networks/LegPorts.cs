using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>What of the legs is outside their namespaces.</summary>
/// <param name="ByName">Every device of fabric and host.</param>
/// <param name="Entries">In the tables of the host's bridges: behind which port an address is, not learned.</param>
/// <param name="Neighbours">Of the host, not learned: the device address of an address on a link.</param>
internal sealed record LegPorts(
    IReadOnlyDictionary<string, LinkInfo> ByName,
    IReadOnlySet<(int Port, MacAddress Mac)> Entries,
    IReadOnlyDictionary<(int Link, IPAddress Address), MacAddress?> Neighbours)
{
    /// <summary>Whether the outer ends of these are there, up, and where they belong; what is inside tells no events.</summary>
    public bool Have(IEnumerable<LegSpec> legs) =>
        legs.Where(leg => leg.Macvlan is null).All(leg => ByName.GetValueOrDefault(leg.Port) is { Up: true } port && port.Master == leg.Bridge);
}
