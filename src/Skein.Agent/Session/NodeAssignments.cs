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
}
