using System.Globalization;
using Skein.Model;

namespace Skein.Agent.Containers.Oci;

/// <summary>Which capabilities a container has: Docker's fourteen, less those dropped, plus those added. ALL names every one.</summary>
internal static class CapabilitySet
{
    public static readonly IReadOnlyList<string> Default =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    /// <summary>In the kernel's numbering, up to Linux 5.9.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
        "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
        "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
        "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>Those of a process's set as /proc/PID/status writes it. Nobody can give what he has not.</summary>
    public static IReadOnlyList<string> Parse(string status, string field)
    {
        var line = status.Split('\n').FirstOrDefault(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        if (!ulong.TryParse(line?[(field.Length + 1)..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits)) return All;
        return [.. All.Where((_, number) => (bits >> number & 1) != 0)];
    }

    public static IReadOnlyList<string> Of(IEnumerable<string> added, IEnumerable<string> dropped, IReadOnlyList<string>? all = null)
    {
        var add = added.Select(name => Canonical("CapAdd", name)).ToList();
        var drop = dropped.Select(name => Canonical("CapDrop", name)).ToList();
        var from = add.Contains("ALL") ? all ?? All : drop.Contains("ALL") ? [] : Default;
        return [.. from.Where(name => !drop.Contains(name)).Union(add.Where(name => name != "ALL"))];
    }

    private static string Canonical(string list, string name)
    {
        var upper = name.ToUpperInvariant();
        if (upper == "ALL")
            return upper;
        var full = upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
        return All.Contains(full) ? full : throw SkeinException.Invalid($"invalid {list}: unknown capability: \"{full}\"");
    }
}
