namespace Skein.Manager.Store;

/// <summary>etcd's heartbeat and election time-out. Members of one cluster must keep the same pace.</summary>
/// <param name="Heartbeat">Between two heartbeats of the leader.</param>
/// <param name="Election">Silence after which a member stands for election: a random time between this and twice this.</param>
public sealed record EtcdPace(TimeSpan Heartbeat, TimeSpan Election)
{
    /// <summary>
    /// A single member has no leader to lose, but waits an election time-out before it elects itself: this makes a start
    /// take 60 ms in place of a second. It is restarted at <see cref="Several"/> before a second member is added.
    /// </summary>
    public static readonly EtcdPace Alone = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(50));

    /// <summary>A dead leader is replaced in 0.7 to 1.4 s.</summary>
    public static readonly EtcdPace Several = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(700));
}
