using System.Collections.Immutable;

namespace Skein.Agent.Networks;

/// <param name="Ports">The fabric's ends of its legs.</param>
internal sealed record AttachedContainer(ContainerNetworkSpec Spec, ImmutableArray<LocalPort> Ports, ContainerNetwork? Network);
