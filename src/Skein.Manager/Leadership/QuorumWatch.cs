namespace Skein.Manager.Leadership;

/// <summary>
/// When most managers last answered this one. Each asks them several times a second, to lead or to see who does: what it
/// has in memory when they no longer answer may be long past, and is not given out as the swarm's state.
/// </summary>
public sealed class QuorumWatch(TimeProvider time)
{
    /// <summary>Ten seconds, as Docker's own leader: it lets elections and a slow disk pass.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private long _heard = time.GetTimestamp();

    public bool IsLost => time.GetElapsedTime(Volatile.Read(ref _heard)) > Patience;

    public void Hear() => Volatile.Write(ref _heard, time.GetTimestamp());
}
