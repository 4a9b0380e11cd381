namespace Skein.Agent.Containers;

public enum LogStream
{
    Stdout = 1,
    Stderr = 2,
}

/// <param name="Line">With its newline, if it had one.</param>
public readonly record struct ContainerLogLine(DateTimeOffset Time, LogStream Stream, ReadOnlyMemory<byte> Line);

/// <param name="Tail">Lines from the end; null = all.</param>
public sealed record LogQuery(bool Stdout, bool Stderr, bool Follow, DateTimeOffset? Since, DateTimeOffset? Until, int? Tail);
