using System.Globalization;

namespace Skein.Agent.Tasks;

/// <summary>
/// The TCP ports on which something in a process's network namespace listens, as /proc/PID/net/tcp says. Loopback does not count: nobody
/// is led there.
/// </summary>
internal static class ListeningSockets
{
    /// <summary>A container that has opened more sockets than this is read no further: 150 bytes each.</summary>
    private const int MostLines = 10_000;

    private const string Listen = "0A";
    private const string LoopbackV4 = "0100007F";
    private const string LoopbackV6 = "00000000000000000000000001000000";

    public static IReadOnlyList<string> PathsOf(int pid) => [$"/proc/{pid}/net/tcp", $"/proc/{pid}/net/tcp6"];

    /// <summary>Nothing for a process that has gone.</summary>
    public static IReadOnlySet<int> Read(IEnumerable<string> paths) => Parse(Lines(paths));

    public static IReadOnlyCollection<string> Lines(IEnumerable<string> paths)
    {
        try
        {
            return [.. paths.SelectMany(p => File.ReadLines(p).Take(MostLines))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    public static IReadOnlySet<int> Parse(IEnumerable<string> lines) => lines.Select(ListenedOn).OfType<int>().ToHashSet();

    /// <summary>Of an end as /proc writes it: 0100007F:0050. Null on loopback.</summary>
    public static int? PortOf(string end)
    {
        if (end.Split(':') is not [var address, var port] || address is LoopbackV4 or LoopbackV6) return null;
        return ushort.TryParse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    // "  0: 00000000:0050 00000000:0000 0A …"; the first line is the heading.
    private static int? ListenedOn(string line)
    {
        var fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 5 && fields[3] == Listen ? PortOf(fields[1]) : null;
    }
}
