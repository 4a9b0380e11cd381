namespace Skein.Model.Specs;

/// <summary>What the swarm goes by where its spec says nothing.</summary>
public static class ClusterDefaults
{
    /// <summary>Docker's is 5 s; a dead host's tasks are to run elsewhere within 3.5 s.</summary>
    public static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Beats missed in a row until a node or manager counts as gone.</summary>
    public const int MissedBeats = 3;

    public const uint DataPathPort = 4789;

    public static TimeSpan HeartbeatPeriodOf(Cluster? cluster) =>
        cluster?.Spec?.Dispatcher?.HeartbeatPeriod is > 0 and var nanoseconds ? nanoseconds.Nanoseconds() : HeartbeatPeriod;
}
