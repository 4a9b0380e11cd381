namespace Skein.ClusterTests.Model;

/// <summary>What containers run, see <see cref="Box"/>. Each says that it has begun.</summary>
internal static class Programs
{
    public static string[] Of(string name) => name switch
    {
        "sleep" => ["sh", "-c", "echo begun; exec sleep 100000"],
        "polite" => ["sh", "-c", "trap 'exit 5' TERM; echo begun; sleep 100000 & wait"],
        "brief" => ["sh", "-c", "echo begun; exit 3"],
        _ => ["/no/such/program"],
    };
}
