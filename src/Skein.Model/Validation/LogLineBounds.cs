namespace Skein.Model.Validation;

/// <summary>What a node may send of its tasks' logs.</summary>
public static class LogLineBounds
{
    /// <summary>Nodes cut a line at half of it.</summary>
    public const int MostOfLine = 32 << 10;

    /// <summary>Why the line is none that was asked for; null when it is one.</summary>
    public static string? FlawOf(LogLine line, IReadOnlySet<string> tasks)
    {
        if (!tasks.Contains(line.TaskId)) return "a line of a task that was not asked for";
        if (line.Time is null || !TaskStatusBounds.IsTime(line.Time)) return "a line of a time that no calendar has";
        return line.Data.Length > MostOfLine ? $"a line of more than {MostOfLine} bytes" : null;
    }
}
