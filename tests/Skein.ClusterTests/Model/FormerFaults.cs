namespace Skein.ClusterTests.Model;

/// <summary>Steps after which a host was once not as the model says, cut to what it took.</summary>
internal static class FormerFaults
{
    public static IReadOnlyList<string> All =>
    [
        """
        run ca prog=sleep policy=no net=none
        pause ca
        start ca
        """,
        """
        run ca prog=sleep policy=no net=none
        pause ca
        exec ca
        """,
        // The daemon went while it waited for a start that its policy counts as the last.
        """
        torn 140 run ca prog=brief policy=on-failure net=none
        torn 120 run cb prog=brief policy=on-failure net=none
        torn 100 run cc prog=brief policy=on-failure net=none
        """,
    ];
}
