using Skein.Model.Timing;

namespace Skein.Manager.Dispatch;

/// <summary>
/// Whose silence means what. A node's counts only while this manager could have heard it: when its own loop was late (a starved host,
/// a machine that slept) or the store was out of reach, the clock starts anew for everyone. Each look is told how things stand and
/// answers with what follows; times are since an arbitrary start.
/// </summary>
internal sealed class SilenceWatch(SessionTable sessions, TimeSpan longestReturn)
{
    private const int LooksOfPatience = 30;

    private readonly OwnLateness _late = new();
    private TimeSpan _lastLook;
    private volatile bool _isLost;

    /// <summary>The swarm's state is out of reach, as of the last look.</summary>
    public bool IsLost => _isLost;

    /// <summary>Since when this manager has been able to hear, without a break.</summary>
    public TimeSpan Since { get; private set; }

    /// <summary>How much longer than the patience everyone is waited for, because this manager is slow itself.</summary>
    public TimeSpan Extra { get; private set; }

    /// <param name="patience">Three beats by the present period; in it there are thirty looks.</param>
    /// <param name="beats">The last of this manager's own to be stored, and how long it may be ago.</param>
    public Verdict Look(TimeSpan now, TimeSpan patience, (TimeSpan Landed, TimeSpan Patience) beats)
    {
        // A third of what a node may be silent: less is the jitter of a busy machine.
        if (now - _lastLook > patience / 3) Since = now;
        else _late.Note(patience / LooksOfPatience, now - _lastLook, now);
        Extra = _late.At(now);
        _lastLook = now;
        var wasLost = _isLost;
        _isLost = now - Later(beats.Landed, Since) > beats.Patience + Extra;
        // Who is sent away has found another manager, or comes back, within its longest backoff.
        if (_isLost != wasLost) sessions.Forgive(now + longestReturn);
        if (_isLost) return new(Lost: !wasLost, []);
        // Before the store counts as lost it is in doubt: a cut that parts this manager from the others parts it from its nodes as well.
        var inDoubt = now - Later(beats.Landed, Since) > beats.Patience / 2;
        return new(Lost: false, inDoubt ? [] : sessions.Silent(now, patience + Extra, Since));
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <param name="Lost">The store is out of reach from now on: nodes are better served elsewhere.</param>
    /// <param name="Silent">They are down, unless they are heard before that is written.</param>
    public sealed record Verdict(bool Lost, IReadOnlyList<SilentSession> Silent);
}
