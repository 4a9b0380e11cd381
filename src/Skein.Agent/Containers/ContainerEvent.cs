namespace Skein.Agent.Containers;

/// <param name="Action">Docker's event action: create, start, die, kill, stop, destroy, exec_create: …, oom, …</param>
public sealed record ContainerEvent(
    DateTimeOffset Time,
    string Action,
    ContainerRecord Container,
    IReadOnlyDictionary<string, string> Attributes);
