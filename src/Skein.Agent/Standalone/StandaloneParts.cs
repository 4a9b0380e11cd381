using Microsoft.Extensions.Logging;
using Skein.Agent.Containers;

namespace Skein.Agent.Standalone;

/// <summary>What each container of a user needs of its surroundings.</summary>
/// <param name="Gone">It has been removed.</param>
internal sealed record StandaloneParts(IContainerEngine Engine, StandaloneSandbox Networks, StandaloneLinks Links, Action<string> Gone, TimeProvider Time, ILogger Logger)
{
    public StandaloneConnections Connections { get; } = new(Engine, Networks);
}
