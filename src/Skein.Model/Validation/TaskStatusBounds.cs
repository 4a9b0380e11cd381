using Google.Protobuf.WellKnownTypes;

namespace Skein.Model.Validation;

/// <summary>What a task's status may be. Nodes keep to it, and managers ask it of each.</summary>
public static class TaskStatusBounds
{
    /// <summary>Characters of a message or an error. A runtime's error with its whole output may have megabytes.</summary>
    public const int MostText = 4096;

    /// <summary>Bytes of all of it: with a task's spec it stays an object that the store takes.</summary>
    public const int Most = 64 << 10;

    private const int ContainerId = 64;
    private const int MostPort = ushort.MaxValue;
    private const long FirstSecond = -62_135_596_800;   // year 1, and year 9999: what RFC 3339 can write
    private const long LastSecond = 253_402_300_799;
    private const int MostNanos = 999_999_999;

    public static string Clip(string text) => text.Length <= MostText ? text : string.Concat(text.AsSpan(0, MostText - 1), "…");

    /// <summary>
    /// Without what moves a terminal's cursor, or does as it is told by its text: it is printed where the swarm is commanded.
    /// </summary>
    public static string Shown(string text) =>
        text.Any(IsCommand) ? string.Concat(text.Select(c => IsCommand(c) ? '\ufffd' : c)) : text;

    private static bool IsCommand(char c) => char.IsControl(c) && c is not ('\n' or '\t' or '\r');

    public static bool IsTime(Timestamp time) => time is { Seconds: >= FirstSecond and <= LastSecond, Nanos: >= 0 and <= MostNanos };

    /// <summary>Why no node can mean it; null when it is sound.</summary>
    public static string? FlawOf(SwarmTaskStatus status)
    {
        if (status.CalculateSize() > Most) return $"a status of more than {Most} bytes";
        if (!IsOfNode(status.State)) return $"a state that no node reports: {(int)status.State}";
        if (status.Timestamp is { } time && !IsTime(time)) return "a time that no calendar has";
        if (status.Message.Length > MostText || status.Err.Length > MostText) return $"a text of more than {MostText} characters";
        // Its beginning is a name that containers find each other by.
        if (status.Container is { ContainerId: { Length: > 0 } id } && !IsContainerId(id)) return "a container id that is not 64 hex digits";
        if (status.Container is { Pid: < 0 }) return "a process id below 0";
        return status.HostPorts.Any(port => port.TargetPort > MostPort || port.PublishedPort > MostPort) ? "a port above 65535" : null;
    }

    private static bool IsContainerId(string id) => id.Length == ContainerId && id.All(char.IsAsciiHexDigitLower);

    /// <summary>A task is born, assigned and forgotten by the managers.</summary>
    private static bool IsOfNode(TaskState state) =>
        state is >= TaskState.Accepted and < TaskState.Remove && System.Enum.IsDefined(state);
}
