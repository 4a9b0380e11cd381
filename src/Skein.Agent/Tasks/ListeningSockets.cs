using System.Globalization;

namespace Skein.Agent.Tasks;

/// <summary>
/// The TCP ports on which something in a process's network namespace listens, as /proc/PID/net/tcp says. Loopback does not count: nobody
/// is led there.
/// </summary>
internal static class ListeningSockets
{
    /// <summary>A container that has opened more sockets than this in its first seconds is read no further: 150 bytes each.</summary>
    private const int MostLines = 10_000;

    private const string Listen = "0A";
    private const string LoopbackV4 = "0100007F";
    private const string LoopbackV6 = "00000000000000000000000001000000";

    public static IReadOnlyList<string> PathsOf(int pid) => [$"/proc/{pid}/net/tcp", $"/proc/{pid}/net/tcp6"];

    /// <summary>Nothing for a process that has gone.</summary>
    public static IReadOnlySet<int> Read(IEnumerable<string> paths)
    {
        try
        {
            return Parse(paths.SelectMany(p => File.ReadLines(p).Take(MostLines)));
        }
        catch (IOException)
        {
            return new HashSet<int>();
        }
    }

    public static IReadOnlySet<int> Parse(IEnumerable<string> lines) => lines.Select(PortOf).OfType<int>().ToHashSet();

    // "  0: 00000000:0050 00000000:0000 0A …"; the first line is the heading.
    private static int? PortOf(string line)
    {
        var fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 5 || fields[3] != Listen || fields[1].Split(':') is not [var address, var port]) return null;
        if (address is LoopbackV4 or LoopbackV6) return null;
        return ushort.TryParse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
