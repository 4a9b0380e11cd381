using System.Text;

namespace Skein.Linux.Mounts;

/// <summary>What is mounted, as /proc/self/mountinfo tells it.</summary>
public static class MountTable
{
    public static IReadOnlyList<MountEntry> Read() => [.. File.ReadLines("/proc/self/mountinfo").Select(Parse)];

    /// <summary>The mount that a path lies on; of several on one place the newest.</summary>
    public static MountEntry Of(string path) => Read()
        .Where(m => m.Target == "/" || path == m.Target || path.StartsWith(m.Target + "/", StringComparison.Ordinal))
        .Aggregate((best, next) => next.Target.Length >= best.Target.Length ? next : best);

    /// <summary>At the path or below it, the innermost and newest first: the order to unmount in.</summary>
    public static IReadOnlyList<MountEntry> Under(string prefix)
    {
        var trimmed = prefix.TrimEnd('/');
        return [.. Read()
            .Where(m => m.Target == trimmed || m.Target.StartsWith(trimmed + "/", StringComparison.Ordinal))
            .Reverse()];
    }

    // 36 35 98:0 /root /target rw,noatime shared:1 - ext4 /dev/sda rw   (any number of fields before the dash)
    internal static MountEntry Parse(string line)
    {
        var fields = line.Split(' ');
        var dash = Array.IndexOf(fields, "-", 6);
        if (dash < 0 || fields.Length < dash + 4) throw new FormatException($"mountinfo: {line}");
        var propagation = fields[6..dash];
        return new MountEntry(Unescape(fields[4]), Unescape(fields[3]), fields[dash + 1], Unescape(fields[dash + 2]), fields[5])
        {
            Shared = propagation.Any(field => field.StartsWith("shared:", StringComparison.Ordinal)),
            Slave = propagation.Any(field => field.StartsWith("master:", StringComparison.Ordinal)),
        };
    }

    // Space, tab, newline and backslash stand there as \040 and so on.
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal)) return field;
        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                text.Append((char)Convert.ToInt32(field.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }
}
