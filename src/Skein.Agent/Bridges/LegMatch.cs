using System.Collections.Immutable;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>The difference between the legs that a container is to have and those that it has: a daemon that was killed in between leaves one. Pure.</summary>
/// <param name="Gone">To be taken away.</param>
/// <param name="Lacking">To be made.</param>
internal sealed record LegMatch(ImmutableArray<AttachedLeg> Kept, ImmutableArray<AttachedLeg> Gone, ImmutableArray<StandaloneEndpoint> Lacking)
{
    public static LegMatch Between(IReadOnlyCollection<StandaloneEndpoint> wished, IReadOnlyCollection<AttachedLeg> legs)
    {
        // That on docker_gwbridge follows from the others.
        var kept = legs.Where(leg => leg is GatewayLeg || wished.Any(endpoint => endpoint.Number == leg.Number)).ToImmutableArray();
        return new(kept, [.. legs.Except(kept)], [.. wished.Where(endpoint => kept.All(leg => leg is GatewayLeg || leg.Number != endpoint.Number))]);
    }
}
