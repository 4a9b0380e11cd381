namespace Skein.Agent.Tasks;

/// <summary>
/// The TCP connections that have come to a process's network namespace, as /proc/PID/net/tcp says: also those that wait to be accepted, and
/// those whose last bytes are not yet acknowledged.
/// </summary>
internal static class OpenConnections
{
    // ESTABLISHED, SYN_RECV, FIN_WAIT1, CLOSE_WAIT, LAST_ACK, CLOSING: a peer is owed something (include/net/tcp_states.h).
    private static readonly HashSet<string> s_owed = ["01", "03", "04", "08", "09", "0B"];

    /// <summary>Each by its two ends. Nothing for a process that has gone.</summary>
    public static IReadOnlySet<string> Read(IEnumerable<string> paths) => Parse(ListeningSockets.Lines(paths));

    public static IReadOnlySet<string> Parse(IReadOnlyCollection<string> lines)
    {
        var served = ListeningSockets.Parse(lines);
        return lines.Select(line => line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length == 5 && s_owed.Contains(fields[3]) && ListeningSockets.PortOf(fields[1]) is { } port && served.Contains(port))
            .Select(fields => $"{fields[1]} {fields[2]}")
            .ToHashSet();
    }
}
