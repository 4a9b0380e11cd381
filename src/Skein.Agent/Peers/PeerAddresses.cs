using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Skein.Agent.Dns;
using Skein.Agent.Session;

namespace Skein.Agent.Peers;

/// <summary>Which nodes are watched, and where: those with ready tasks on the networks present here, by their legs on the ingress network.</summary>
internal static class PeerAddresses
{
    public static ImmutableSortedDictionary<string, IPAddress> Of(NodeAssignments told)
    {
        var ingress = told.Networks.Values.FirstOrDefault(n => n.Ingress)?.Id;
        var own = told.Local.NodeId;
        var serving = told.Endpoints.Values.Where(e => e.Ready && e.NodeId != own).Select(e => e.NodeId).ToHashSet(StringComparer.Ordinal);
        return told.Endpoints.Values
            .Where(e => e.NetworkId == ingress && e.TaskId.Length == 0 && serving.Contains(e.NodeId))
            .SelectMany(e => OverlayAddress.ParseAll(e.Addresses).Where(a => a.AddressFamily == AddressFamily.InterNetwork).Take(1).Select(a => (e.NodeId, Address: a)))
            .ToImmutableSortedDictionary(p => p.NodeId, p => p.Address, StringComparer.Ordinal);
    }
}
