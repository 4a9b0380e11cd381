using System.Collections.Immutable;
using Skein.Linux.Namespaces;

namespace Skein.Agent.Networks;

/// <param name="Ports">The fabric's ends of its legs.</param>
/// <param name="Space">Held open, so that a pin that somebody unmounts can be set again; null until it has been made.</param>
internal sealed record AttachedContainer(ContainerNetworkSpec Spec, ImmutableArray<LocalPort> Ports, ContainerNetwork? Network, NetworkNamespace? Space)
{
    /// <summary>Its legs as they were wished when they were last made or looked at: another wish is no change of somebody's.</summary>
    public IReadOnlyList<LegSpec> Made { get; init; } = [];
}
