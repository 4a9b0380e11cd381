namespace Skein.ClusterTests.Model;

/// <summary>Steps after which a host was once not as the model says, cut to what it took.</summary>
internal static class FormerFaults
{
    public static IReadOnlyList<string> All =>
    [
        """
        run ja prog=sleep policy=no net=none
        pause ja
        start ja
        """,
        """
        run ja prog=sleep policy=no net=none
        pause ja
        exec ja
        """,
        // The daemon went while it waited for a start that its policy counts as the last.
        """
        torn 140 run ja prog=brief policy=on-failure net=none
        torn 120 run jb prog=brief policy=on-failure net=none
        torn 100 run jc prog=brief policy=on-failure net=none
        """,
        // Who had stopped it before the daemon went was taken to mean each run after it.
        """
        run ja prog=sleep policy=always net=none
        stop ja 0
        kill-daemon
        kill-process ja
        """,
        // A start that fails, and is tried by each daemon once.
        """
        network-create na
        run ja prog=sleep policy=unless-stopped net=na
        stop ja 0
        network-rm na
        start ja
        kill-daemon
        """,
    ];
}
