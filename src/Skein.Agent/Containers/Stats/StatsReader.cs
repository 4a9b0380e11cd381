using System.Globalization;

namespace Skein.Agent.Containers.Stats;

/// <summary>
/// Reads a container's use from its first process's cgroups, of version 1 or 2, and from /proc. A file that is missing (a
/// controller that is off, a kernel without swap accounting) counts as nothing used.
/// </summary>
/// <param name="cgroups">/sys/fs/cgroup</param>
/// <param name="proc">/proc</param>
internal sealed class StatsReader(string cgroups, string proc, TimeProvider time)
{
    // USER_HZ, the unit of /proc/stat and cpuacct.stat, is 100 on every Linux that .NET runs on.
    private const ulong NanosecondsPerTick = 10_000_000;

    /// <exception cref="IOException">The process has ended.</exception>
    public ContainerStats Read(uint pid)
    {
        var groups = Groups(File.ReadAllLines($"{proc}/{pid}/cgroup"));
        var unified = !groups.ContainsKey("memory") && !groups.ContainsKey("cpuacct");
        var (total, online) = HostCpu();
        var memory = unified ? Unified(groups) : Path.Join(cgroups, "memory", groups.GetValueOrDefault("memory"));
        var pids = unified ? Unified(groups) : Path.Join(cgroups, "pids", groups.GetValueOrDefault("pids"));
        return new ContainerStats(
            time.GetUtcNow(),
            unified ? UnifiedCpu(Unified(groups)) : Cpu(groups),
            total,
            online,
            Number(memory, unified ? "memory.current" : "memory.usage_in_bytes") ?? 0,
            Math.Min(Number(memory, unified ? "memory.max" : "memory.limit_in_bytes") ?? ulong.MaxValue, HostMemory()),
            Table(memory, "memory.stat"),
            Number(pids, "pids.current") ?? 0,
            Number(pids, "pids.max") ?? 0,
            unified ? UnifiedDevices(Unified(groups)) : Devices(Path.Join(cgroups, "blkio", groups.GetValueOrDefault("blkio"))),
            Networks($"{proc}/{pid}/net/dev"));
    }

    /// <summary>"4:cpu,cpuacct:/skein/ID" is one path under each of the two names; version 2 has the empty name.</summary>
    private static Dictionary<string, string> Groups(string[] lines)
    {
        var groups = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parts in lines.Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3))
        {
            foreach (var controller in parts[1].Split(',')) groups[controller] = parts[2];
        }
        return groups;
    }

    private string Unified(Dictionary<string, string> groups) => Path.Join(cgroups, groups.GetValueOrDefault(""));

    private static CpuUsage UnifiedCpu(string folder)
    {
        var stat = Table(folder, "cpu.stat");
        return new CpuUsage(
            Microseconds("usage_usec"), Microseconds("user_usec"), Microseconds("system_usec"),
            stat.GetValueOrDefault("nr_periods"), stat.GetValueOrDefault("nr_throttled"), Microseconds("throttled_usec"));

        ulong Microseconds(string name) => stat.GetValueOrDefault(name) * 1000;
    }

    private CpuUsage Cpu(Dictionary<string, string> groups)
    {
        var accounting = Path.Join(cgroups, "cpuacct", groups.GetValueOrDefault("cpuacct"));
        var times = Table(accounting, "cpuacct.stat");
        var stat = Table(Path.Join(cgroups, "cpu", groups.GetValueOrDefault("cpu")), "cpu.stat");
        return new CpuUsage(
            Number(accounting, "cpuacct.usage") ?? 0,
            times.GetValueOrDefault("user") * NanosecondsPerTick,
            times.GetValueOrDefault("system") * NanosecondsPerTick,
            stat.GetValueOrDefault("nr_periods"), stat.GetValueOrDefault("nr_throttled"), stat.GetValueOrDefault("throttled_time"));
    }

    /// <summary>"8:0 Read 4096"</summary>
    private static List<DeviceTraffic> Devices(string folder)
    {
        var rows = Lines(folder, "blkio.throttle.io_service_bytes_recursive")
            .Select(line => line.Split(' '))
            .Where(parts => parts.Length == 3)
            .ToLookup(parts => parts[0], parts => (Operation: parts[1], Bytes: Parse(parts[2]) ?? 0));
        return [.. rows.Select(device => Device(
            device.Key,
            device.FirstOrDefault(row => row.Operation == "Read").Bytes,
            device.FirstOrDefault(row => row.Operation == "Write").Bytes))];
    }

    /// <summary>"8:0 rbytes=4096 wbytes=0 rios=1 …"</summary>
    private static List<DeviceTraffic> UnifiedDevices(string folder) =>
        [.. Lines(folder, "io.stat").Select(line => line.Split(' ')).Select(parts => Device(parts[0], Field(parts, "rbytes="), Field(parts, "wbytes=")))];

    private static ulong Field(string[] parts, string name) =>
        Parse(parts.FirstOrDefault(part => part.StartsWith(name, StringComparison.Ordinal))?[name.Length..]) ?? 0;

    private static DeviceTraffic Device(string number, ulong read, ulong written)
    {
        var parts = number.Split(':');
        return new DeviceTraffic(Parse(parts[0]) ?? 0, parts.Length > 1 ? Parse(parts[1]) ?? 0 : 0, read, written);
    }

    private static Dictionary<string, InterfaceTraffic> Networks(string path)
    {
        var networks = new Dictionary<string, InterfaceTraffic>();
        foreach (var line in File.ReadAllLines(path).Skip(2))
        {
            var parts = line.Split(':', 2);
            var n = parts[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => Parse(text) ?? 0).ToArray();
            if (parts.Length == 2 && n.Length >= 12 && parts[0].Trim() is var name && name != "lo")
                networks[name] = new InterfaceTraffic(n[0], n[1], n[2], n[3], n[8], n[9], n[10], n[11]);
        }
        return networks;
    }

    private (ulong Nanoseconds, int Online) HostCpu()
    {
        var lines = File.ReadAllLines($"{proc}/stat");
        // user nice system idle iowait irq softirq: guest times are contained in the first two, as Docker counts them.
        var ticks = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(7).Aggregate(0ul, (sum, text) => sum + (Parse(text) ?? 0));
        return (ticks * NanosecondsPerTick, lines.Count(line => line.Length > 3 && line.StartsWith("cpu", StringComparison.Ordinal) && char.IsAsciiDigit(line[3])));
    }

    private ulong HostMemory()
    {
        var line = File.ReadLines($"{proc}/meminfo").FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal)) ?? "";
        return (Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1)) ?? 0) * 1024;
    }

    private static Dictionary<string, ulong> Table(string folder, string file) => Lines(folder, file)
        .Select(line => line.Split(' '))
        .Where(parts => parts.Length == 2)
        .ToDictionary(parts => parts[0], parts => Parse(parts[1]) ?? 0);

    private static ulong? Number(string folder, string file) => Parse(Lines(folder, file).FirstOrDefault());

    private static ulong? Parse(string? text) =>
        ulong.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string folder, string file)
    {
        try
        {
            return File.ReadAllLines(Path.Join(folder, file));
        }
        catch (IOException)
        {
            return [];
        }
    }
}
