namespace Skein.Api.Engine;

/// <param name="Type">container, image, network, service, node, daemon</param>
/// <param name="Scope">local or swarm</param>
public sealed record EngineEvent(
    DateTimeOffset Time,
    string Type,
    string Action,
    string Id,
    string Scope,
    IReadOnlyDictionary<string, string> Attributes);
