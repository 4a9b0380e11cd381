using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>What the node says of itself, and when it may have another thing to say.</summary>
/// <param name="ChangedAsync">Completes when it is worth asking again; not before the first change.</param>
public sealed record NodeDescriptionChanges(Func<NodeDescription> Describe, Func<CancellationToken, Task> ChangedAsync);
