using System.Collections.Immutable;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>The fabric's devices and tables as the kernel shows them, grouped by device.</summary>
internal sealed record FabricObservation(
    ImmutableDictionary<string, LinkInfo> Links,
    ILookup<int, NeighbourInfo> Neighbours,
    ILookup<int, FdbEntry> Forwarding)
{
    public static FabricObservation Of(IEnumerable<LinkInfo> links, IEnumerable<NeighbourInfo> neighbours, IEnumerable<FdbEntry> forwarding) => new(
        links.ToImmutableDictionary(link => link.Name),
        neighbours.Where(entry => entry.IsPermanent).ToLookup(entry => entry.Link),
        forwarding.ToLookup(entry => entry.Link));

    public LinkInfo? Find(string name) => Links.GetValueOrDefault(name);

    public bool HasPorts(LinkInfo bridge) => Links.Values.Any(link => link.Master == bridge.Index && DeviceNames.IsFabricPort(link.Name));
}
