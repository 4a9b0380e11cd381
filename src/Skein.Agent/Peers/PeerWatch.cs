namespace Skein.Agent.Peers;

/// <summary>
/// When a node is asked whether it is there, and when it is taken to be dead. A question that stays without an answer is put again at
/// once, and three in a row mean silence: with a question every two seconds a host that dies is known after 3.5 s at most.
/// </summary>
internal static class PeerWatch
{
    public const int Misses = 3;

    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    public static readonly TimeSpan AnswerWithin = TimeSpan.FromMilliseconds(500);

    /// <summary>A look that comes later than this says that we were held up, and nothing of others.</summary>
    public static readonly TimeSpan LatestTick = 2 * Tick;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(2);

    // A question and its answer, asked and given, cost 50 µs (docs/decisions): 40 in a second are 0.2 % of a core.
    private const int PerSecond = 40;

    /// <summary>Questions of one tick: what is more waits for the next.</summary>
    public const int PerTick = PerSecond / 4;

    public static TimeSpan IntervalOf(int peers) => peers <= PerSecond * 2 ? ShortestInterval : TimeSpan.FromSeconds((double)peers / PerSecond);

    /// <summary>A new one is asked for the first time somewhere within the interval, so that not all are asked in one tick.</summary>
    /// <param name="turn">Where: 0 to 999.</param>
    public static PeerState Met(TimeSpan now, TimeSpan interval, int turn) => new(now - (interval * turn / 1000));

    public static PeerState Answered(PeerState peer) => peer with { Waiting = false, Missed = 0 };

    /// <summary>We were held up: its answer may be lying in our own queue, or be lost there.</summary>
    public static PeerState Forgiven(PeerState peer, TimeSpan now) => peer.Waiting ? peer with { Asked = now } : peer;

    /// <returns>What it is now, and whether it is to be asked.</returns>
    public static (PeerState Peer, bool Ask) Looked(PeerState peer, TimeSpan now, TimeSpan interval)
    {
        var since = now - peer.Asked;
        if (peer.Waiting && since >= AnswerWithin) peer = peer with { Waiting = false, Missed = Math.Min(peer.Missed + 1, Misses) };
        var suspected = peer is { Missed: > 0, Silent: false };
        return (peer, !peer.Waiting && (suspected || since >= interval));
    }

    public static PeerState AskedAt(PeerState peer, TimeSpan now) => peer with { Asked = now, Waiting = true };
}
