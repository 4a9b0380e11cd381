namespace Skein.Manager.Logs;

/// <param name="Tail">Of each task, lines from the end; null = all.</param>
public sealed record LogRequest(bool Stdout, bool Stderr, bool Follow, DateTimeOffset? Since, int? Tail);
