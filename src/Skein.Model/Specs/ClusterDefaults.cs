namespace Skein.Model.Specs;

/// <summary>What the swarm goes by where its spec says nothing.</summary>
public static class ClusterDefaults
{
    /// <summary>Docker's is 5 s; a dead host's tasks are to run elsewhere within 3.5 s.</summary>
    public static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Beats missed in a row until a node or manager counts as gone.</summary>
    public const int MissedBeats = 3;

    public const uint DataPathPort = 4789;

    /// <summary>Ended tasks that are kept of a slot.</summary>
    public const long TaskHistory = 5;

    /// <summary>Docker's, which a new swarm shows.</summary>
    public static RaftConfig Raft => new() { SnapshotInterval = 10000, LogEntriesForSlowFollowers = 500, ElectionTick = 10, HeartbeatTick = 1 };

    public static TimeSpan HeartbeatPeriodOf(Cluster? cluster) =>
        cluster?.Spec?.Dispatcher?.HeartbeatPeriod is > 0 and var nanoseconds ? nanoseconds.Nanoseconds() : HeartbeatPeriod;
}
