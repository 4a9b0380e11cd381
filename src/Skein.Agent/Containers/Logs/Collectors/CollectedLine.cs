namespace Skein.Agent.Containers.Logs.Collectors;

/// <param name="Text">Without its newline.</param>
/// <param name="Part">null for a line that came whole.</param>
internal readonly record struct CollectedLine(DateTimeOffset Time, bool IsError, ReadOnlyMemory<byte> Text, LinePart? Part);

/// <summary>A piece of a line that was too long for one.</summary>
/// <param name="Id">The same for all pieces of one line.</param>
/// <param name="Ordinal">From 1.</param>
internal sealed record LinePart(string Id, int Ordinal, bool IsLast);
