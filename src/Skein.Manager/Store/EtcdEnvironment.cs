namespace Skein.Manager.Store;

/// <summary>What of the daemon's environment is not etcd's.</summary>
internal static class EtcdEnvironment
{
    // ETCD_… would be read as a flag. The others are systemd's words to the daemon: an etcd that has NOTIFY_SOCKET says "ready" in
    // the daemon's place, and takes the inherited sockets and the watchdog for its own.
    private static readonly string[] Foreign = ["ETCD", "NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_"];

    public static void Clean(IDictionary<string, string?> environment)
    {
        foreach (var name in environment.Keys.Where(IsForeign).ToList()) environment.Remove(name);
    }

    private static bool IsForeign(string name) => Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
