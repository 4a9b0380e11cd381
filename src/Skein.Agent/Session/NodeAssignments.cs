using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>What this node was last told, whole; each delta makes a new one. The messages in it are shared: clone before changing one.</summary>
public sealed record NodeAssignments(
    LocalNode Local,
    ulong Sequence,
    ImmutableDictionary<string, SwarmTask> Tasks,
    ImmutableDictionary<string, OverlayNetwork> Networks,
    ImmutableDictionary<string, OverlayEndpoint> Endpoints,
    ImmutableDictionary<string, OverlayService> Services)
{
    public static readonly NodeAssignments Empty = new(
        LocalNode.None,
        0,
        ImmutableDictionary<string, SwarmTask>.Empty,
        ImmutableDictionary<string, OverlayNetwork>.Empty,
        ImmutableDictionary<string, OverlayEndpoint>.Empty,
        ImmutableDictionary<string, OverlayService>.Empty);

    /// <summary>The same without anything ready on these nodes. Tunnel entries do not depend on it: who comes back is reached at once.</summary>
    public NodeAssignments Without(IReadOnlySet<string> silent)
    {
        if (silent.Count == 0) return this;
        var unready = Endpoints.Where(e => e.Value.Ready && silent.Contains(e.Value.NodeId)).Select(e => KeyValuePair.Create(e.Key, Unready(e.Value)));
        return this with { Endpoints = Endpoints.SetItems(unready) };
    }

    private static OverlayEndpoint Unready(OverlayEndpoint endpoint)
    {
        var copy = endpoint.Clone();
        copy.Ready = false;
        return copy;
    }
}
