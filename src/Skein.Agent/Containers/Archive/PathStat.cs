namespace Skein.Agent.Containers.Archive;

/// <summary>What there is at a path in a container.</summary>
/// <param name="Mode">As Go's os.FileMode has it: permissions below, the kind in the topmost bits.</param>
/// <param name="LinkTarget">Where a link leads in the container; empty for anything else.</param>
public sealed record PathStat(string Name, long Size, uint Mode, DateTimeOffset Modified, string LinkTarget);
