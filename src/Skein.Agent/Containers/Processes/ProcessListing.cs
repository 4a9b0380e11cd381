using System.Globalization;
using Skein.Model;

namespace Skein.Agent.Containers.Processes;

/// <summary>
/// What `docker top` shows: the columns that procps' ps prints for -ef (Docker's default), aux, or -o with a list. Other
/// options select processes or formats that make no sense here and are refused.
/// </summary>
internal sealed class ProcessListing
{
    private sealed record Column(string Title, Func<HostProcess, Host, string> Value);

    private sealed record Host(DateTimeOffset Now, DateTimeOffset Boot, long MemoryBytes, IReadOnlyDictionary<uint, string> Users);

    private static readonly Dictionary<string, Column> Columns = new()
    {
        ["user"] = new("USER", (process, host) => User(process, host)),
        ["uid"] = new("UID", (process, _) => Text(process.Uid)),
        ["pid"] = new("PID", (process, _) => Text(process.Pid)),
        ["ppid"] = new("PPID", (process, _) => Text(process.ParentPid)),
        ["c"] = new("C", (process, host) => Text((long)CpuPercent(process, host))),
        ["stime"] = new("STIME", (process, host) => Started(process, host)),
        ["start"] = new("START", (process, host) => Started(process, host)),
        ["tty"] = new("TTY", (process, _) => process.TtyName),
        ["time"] = new("TIME", (process, _) => CpuTime(process)),
        ["etime"] = new("ELAPSED", (process, host) => Elapsed(host.Now - Start(process, host))),
        ["stat"] = new("STAT", (process, _) => process.State),
        ["s"] = new("S", (process, _) => process.State),
        ["%cpu"] = new("%CPU", (process, host) => CpuPercent(process, host).ToString("F1", CultureInfo.InvariantCulture)),
        ["%mem"] = new("%MEM", (process, host) => (100.0 * process.ResidentBytes / host.MemoryBytes).ToString("F1", CultureInfo.InvariantCulture)),
        ["vsz"] = new("VSZ", (process, _) => Text(process.VirtualBytes / 1024)),
        ["rss"] = new("RSS", (process, _) => Text(process.ResidentBytes / 1024)),
        ["comm"] = new("COMMAND", (process, _) => process.Name),
        ["args"] = new("COMMAND", (process, _) => process.Command),
    };

    private static readonly Dictionary<string, string> Aliases = new()
    {
        ["cmd"] = "args",
        ["command"] = "args",
        ["ucmd"] = "comm",
        ["pcpu"] = "%cpu",
        ["pmem"] = "%mem",
        ["tname"] = "tty",
        ["tt"] = "tty",
        ["euser"] = "user",
        ["uname"] = "user",
        ["state"] = "s",
        ["cputime"] = "time",
        ["rssize"] = "rss",
        ["vsize"] = "vsz",
        ["start_time"] = "stime",
    };

    private static readonly ProcessListing Full = new(
    [
        Columns["user"] with { Title = "UID" }, Columns["pid"], Columns["ppid"], Columns["c"], Columns["stime"], Columns["tty"], Columns["time"],
        Columns["args"] with { Title = "CMD" },
    ]);

    private static readonly ProcessListing UserOriented = new(
    [
        Columns["user"], Columns["pid"], Columns["%cpu"], Columns["%mem"], Columns["vsz"], Columns["rss"], Columns["tty"], Columns["stat"],
        Columns["start"], Columns["time"], Columns["args"],
    ]);

    private readonly IReadOnlyList<Column> columns;

    private ProcessListing(IReadOnlyList<Column> columns) => this.columns = columns;

    public IReadOnlyList<string> Titles => [.. columns.Select(column => column.Title)];

    public static ProcessListing Parse(string psArgs)
    {
        var args = psArgs.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (args.Length == 0 || args is ["-ef" or "-fe" or "-f" or "ef"])
            return Full;
        if (args is ["aux" or "-aux" or "axu" or "u"])
            return UserOriented;
        if (args is ["-o" or "-eo" or "o" or "-axo" or "axo", _, ..])
            return new ProcessListing([.. string.Join(',', args[1..]).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Find)]);
        throw SkeinException.Invalid($"ps {psArgs}: only -ef, aux and -o COLUMNS are known here");
    }

    public IReadOnlyList<IReadOnlyList<string>> Rows(IEnumerable<uint> pids, DateTimeOffset now)
    {
        var host = ReadHost(now);
        return [.. pids.Order().Select(pid => HostProcess.Read((int)pid)).OfType<HostProcess>().Select(process => Row(process, host))];
    }

    private List<string> Row(HostProcess process, Host host) => [.. columns.Select(column => column.Value(process, host))];

    // -o pid=PROCESS gives a title of one's own.
    private static Column Find(string wanted)
    {
        var parts = wanted.Split('=', 2);
        var name = Aliases.GetValueOrDefault(parts[0], parts[0]);
        if (!Columns.TryGetValue(name, out var column))
            throw SkeinException.Invalid($"ps: unknown user-defined format specifier \"{parts[0]}\"");
        return parts.Length == 2 ? column with { Title = parts[1] } : column;
    }

    private static Host ReadHost(DateTimeOffset now)
    {
        var boot = long.Parse(Field("/proc/stat", "btime "), CultureInfo.InvariantCulture);
        var memoryKilobytes = long.Parse(Field("/proc/meminfo", "MemTotal:").Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        var users = new Dictionary<uint, string>();
        if (File.Exists("/etc/passwd"))
        {
            foreach (var entry in File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Where(entry => entry.Length > 3))
            {
                if (uint.TryParse(entry[2], CultureInfo.InvariantCulture, out var uid))
                    users.TryAdd(uid, entry[0]);
            }
        }
        return new Host(now, DateTimeOffset.FromUnixTimeSeconds(boot), memoryKilobytes * 1024, users);
    }

    private static string Field(string file, string name) =>
        File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim();

    private static string User(HostProcess process, Host host) => host.Users.GetValueOrDefault(process.Uid) ?? Text(process.Uid);

    private static DateTimeOffset Start(HostProcess process, Host host) => host.Boot.AddSeconds((double)process.StartTicks / HostProcess.TicksPerSecond);

    private static string Started(HostProcess process, Host host)
    {
        var start = Start(process, host);
        return start.ToString(host.Now - start < TimeSpan.FromDays(1) ? "HH:mm" : "MMMdd", CultureInfo.InvariantCulture);
    }

    private static double CpuPercent(HostProcess process, Host host)
    {
        var lived = (host.Now - Start(process, host)).TotalSeconds;
        return lived <= 0 ? 0 : Math.Min(99.9, 100.0 * process.CpuTicks / HostProcess.TicksPerSecond / lived);
    }

    private static string CpuTime(HostProcess process) =>
        TimeSpan.FromSeconds(process.CpuTicks / HostProcess.TicksPerSecond) is var spent && spent.TotalDays >= 1
            ? spent.ToString("d\\-hh\\:mm\\:ss", CultureInfo.InvariantCulture)
            : spent.ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture);

    private static string Elapsed(TimeSpan elapsed) =>
        elapsed.ToString(elapsed.TotalDays >= 1 ? "d\\-hh\\:mm\\:ss" : elapsed.TotalHours >= 1 ? "hh\\:mm\\:ss" : "mm\\:ss", CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
