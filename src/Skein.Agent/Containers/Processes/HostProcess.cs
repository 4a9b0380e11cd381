using System.Globalization;

namespace Skein.Agent.Containers.Processes;

/// <summary>A process as /proc/PID/stat, status and cmdline show it. Times are in clock ticks, 100 a second on every Linux .NET runs on.</summary>
internal sealed record HostProcess(
    int Pid, int ParentPid, uint Uid, string State, int Tty, long CpuTicks, long StartTicks, long VirtualBytes, long ResidentBytes, string Name, string Command)
{
    public const long TicksPerSecond = 100;

    /// <summary>null when it has just ended.</summary>
    public static HostProcess? Read(int pid)
    {
        try
        {
            var folder = $"/proc/{pid}";
            return Parse(pid, File.ReadAllText(folder + "/stat"), File.ReadAllText(folder + "/status"), File.ReadAllText(folder + "/cmdline"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>stat's second field, the name in parentheses, may itself contain blanks and parentheses.</summary>
    public static HostProcess Parse(int pid, string stat, string status, string commandLine)
    {
        var close = stat.LastIndexOf(')');
        var name = stat[(stat.IndexOf('(') + 1)..close];
        var fields = stat[(close + 2)..].Split(' ');
        var uidLine = status.Split('\n').First(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        var arguments = commandLine.TrimEnd('\0').Replace('\0', ' ');
        return new HostProcess(
            pid,
            (int)Number(1),
            uint.Parse(uidLine.Split('\t')[2], CultureInfo.InvariantCulture),
            fields[0],
            (int)Number(4),
            Number(11) + Number(12),
            Number(19),
            Number(20),
            Number(21) * Environment.SystemPageSize,
            name,
            arguments.Length > 0 ? arguments : $"[{name}]");

        long Number(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
    }

    public string TtyName
    {
        get
        {
            var major = (Tty >> 8) & 0xfff;
            var minor = (Tty & 0xff) | ((Tty >> 12) & 0xfff00);
            // Unix98 pseudo-terminals have the majors 136 to 143, 256 minors each.
            return Tty == 0 ? "?" : major is >= 136 and <= 143 ? $"pts/{(major - 136) * 256 + minor}" : major == 4 ? $"tty{minor}" : "?";
        }
    }
}
