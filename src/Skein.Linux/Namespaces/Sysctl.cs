namespace Skein.Linux.Namespaces;

/// <summary>net.* kernel parameters of a namespace. /proc/sys/net shows those of the thread that opens it.</summary>
public static class Sysctl
{
    /// <param name="names">Names with slashes under /proc/sys, as interface names may hold dots: net/ipv4/conf/eth0/rp_filter.</param>
    /// <returns>The names of those that had another value.</returns>
    public static IReadOnlyList<string> Set(NetworkNamespace space, params IReadOnlyList<(string Name, string Value)> names) => space.Run(() => SetHere(names));

    /// <summary>As <see cref="Set"/>, on a thread inside. What has the value is not written: some are propagated when they are.</summary>
    public static IReadOnlyList<string> SetHere(params IReadOnlyList<(string Name, string Value)> names)
    {
        var changed = new List<string>();
        foreach (var (name, value) in names)
        {
            if (IsOff(name, value) || Same(Read(name), value)) continue;
            File.WriteAllText(Path(name), value);
            changed.Add(name);
        }
        return changed;
    }

    public static string Get(NetworkNamespace space, string name) => space.Run(() => File.ReadAllText(Path(name)).Trim());

    // A kernel that was started without IPv6 has nothing to switch off, nor has a device whose MTU is below its 1280.
    private static bool IsOff(string name, string wished) =>
        wished == "1" && name.EndsWith("/disable_ipv6", StringComparison.Ordinal) && !File.Exists(Path(name));

    private static string Read(string name)
    {
        try
        {
            return File.ReadAllText(Path(name));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            // A user's own parameter may be one that this kernel lacks: these are the words that a task is rejected with.
            throw new FileNotFoundException($"open {Path(name)}: no such file or directory", missing);
        }
    }

    // A range is written with a space and read with a tab.
    private static bool Same(string read, string wished) =>
        read.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SequenceEqual(wished.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Path(string name) => $"/proc/sys/{name}";
}
