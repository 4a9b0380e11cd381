namespace Skein.ClusterTests.Lab;

/// <summary>What a swarm, a service or a network makes on a host: namespaces, devices, routes, rules, tables, mounts, processes, files.</summary>
public static class HostInventory
{
    private const string Command =
        "ls /run/netns 2>/dev/null; find /run/skein* /var/lib/skein* -type f 2>/dev/null | grep -v log; ip -br link | awk '{print $1}' | sed 's/@.*//'; "
        + "ip route; ip rule; nft list tables 2>/dev/null; awk '{print $5}' /proc/self/mountinfo; ps -eo comm= | grep -vE '^(ps|awk|sh|sleep|grep|sort|sed)$'";

    /// <summary>One thing a line, in order.</summary>
    public static async Task<string> ReadAsync(LabFixture lab, int host) =>
        string.Join('\n', (await lab.InsideAsync(host, Command)).Split('\n').Order(StringComparer.Ordinal));

    /// <summary>The inventory when nothing is on its way out any more, as the shim of a container that is gone already.</summary>
    public static Task<string> SettledAsync(LabFixture lab, int host)
    {
        var (last, times) = ("", 0);
        return Poll.UntilAsync($"h{host} has come to rest", () => ReadAsync(lab, host), now =>
        {
            (last, times) = (now, now == last ? times + 1 : 1);
            return times == 5;
        });
    }

    public static Task IsAgainAsync(string expected, LabFixture lab, int host) =>
        Poll.UntilAsync($"h{host} has what it had before:\n{expected}", () => ReadAsync(lab, host), now => now == expected);
}
