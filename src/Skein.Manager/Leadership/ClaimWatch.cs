using Skein.Model.Timing;

namespace Skein.Manager.Leadership;

/// <summary>
/// Decides when a silent leader may be followed. Silence counts only as far as the leader could have been heard: of the time between
/// two reads, however long it was (etcd held an election of its own, in which nobody can beat; this manager's own loop was late), at
/// most <paramref name="longestStep"/>. How much of it is too much follows the gaps between the beats that were seen: the leader on a
/// starved host, whose beats come every two seconds, is as alive as any. Times are since an arbitrary start: a clock that is set must
/// neither unseat a leader nor keep a dead one.
/// </summary>
/// <param name="patience">The least silence after which the claim may be taken.</param>
internal sealed class ClaimWatch(TimeSpan patience, TimeSpan longestStep)
{
    /// <summary>On a healthy swarm a beat of 300 ms is seen by reads every 250 ms with gaps of up to 550, sometimes 700: below the floor.</summary>
    private readonly BeatGaps _gaps = new();

    private long? _beat;
    private TimeSpan _silence;
    private TimeSpan _lastRead;

    /// <param name="claim">What was read; null when nobody leads.</param>
    /// <param name="now">When the read had its answer.</param>
    /// <param name="extra">How much longer the leader is waited for, because this manager is slow itself.</param>
    /// <returns>True when the claim as read may be replaced.</returns>
    public bool Observe(ClaimReading? claim, string self, TimeSpan now, TimeSpan extra)
    {
        var step = now - _lastRead;
        _silence += step < longestStep ? step : longestStep;
        _lastRead = now;
        // Nobody leads, or an earlier life of this very manager did.
        if (claim is null || claim.ManagerId == self) return true;
        if (_beat != claim.LastSign)
        {
            if (_beat is not null) _gaps.Note(_silence, now);
            (_beat, _silence) = (claim.LastSign, TimeSpan.Zero);
            return false;
        }
        if (_silence < _gaps.PatienceAt(now, patience) + extra) return false;
        // If it lives after all, the next one has more of it: managers on slow hosts must not unseat each other in turns.
        _gaps.Note(_silence, now);
        return true;
    }
}
