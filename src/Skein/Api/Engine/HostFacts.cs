using System.Globalization;
using System.Runtime.InteropServices;

namespace Skein.Api.Engine;

/// <summary>What the host's kernel and files say of it.</summary>
internal static class HostFacts
{
    public static string KernelVersion => ReadLine("/proc/sys/kernel/osrelease");

    public static string OperatingSystem => OsRelease("PRETTY_NAME") is { Length: > 0 } name ? name : "Linux";

    public static string OsVersion => OsRelease("VERSION_ID");

    /// <summary>The kernel's name of the architecture, as in `docker info`.</summary>
    public static string MachineArchitecture => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "x86_64",
        Architecture.Arm64 => "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Go's name of the architecture, as in `docker version`.</summary>
    public static string GoArchitecture => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    public static bool IPv4Forwarding => ReadLine("/proc/sys/net/ipv4/ip_forward") == "1";

    /// <summary>
    /// Whether bridged packets pass the host's tables. False where br_netfilter is not loaded: clients then warn, as with dockerd, of
    /// what is so. Nothing here depends on it; containers are kept apart on docker_gwbridge by its ports.
    /// </summary>
    public static bool BridgeNf(string tables) =>
        File.Exists($"/proc/sys/net/bridge/bridge-nf-call-{tables}") && ReadLine($"/proc/sys/net/bridge/bridge-nf-call-{tables}") == "1";

    /// <summary>Bytes</summary>
    public static long MemoryTotal
    {
        get
        {
            var line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
    }

    private static string ReadLine(string path) => File.ReadLines(path).FirstOrDefault() ?? "";

    private static string OsRelease(string key)
    {
        if (!File.Exists("/etc/os-release")) return "";
        var line = File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith(key + "=", StringComparison.Ordinal));
        return line is null ? "" : line[(key.Length + 1)..].Trim('"');
    }
}
