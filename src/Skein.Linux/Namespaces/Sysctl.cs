namespace Skein.Linux.Namespaces;

/// <summary>net.* kernel parameters of a namespace. /proc/sys/net shows those of the thread that opens it.</summary>
public static class Sysctl
{
    /// <param name="names">Names with slashes under /proc/sys, as interface names may hold dots: net/ipv4/conf/eth0/rp_filter.</param>
    public static void Set(NetworkNamespace space, params IReadOnlyList<(string Name, string Value)> names) => space.Run(() =>
    {
        foreach (var (name, value) in names) File.WriteAllText($"/proc/sys/{name}", value);
    });

    public static string Get(NetworkNamespace space, string name) => space.Run(() => File.ReadAllText($"/proc/sys/{name}").Trim());
}
