using System.Globalization;

namespace Skein.Hosting;

internal static class HostMemory
{
    /// <summary>MemTotal of /proc/meminfo, in bytes.</summary>
    public static long TotalBytes()
    {
        var line = File.ReadLines("/proc/meminfo").First(candidate => candidate.StartsWith("MemTotal:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
