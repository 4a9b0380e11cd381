namespace Skein.Model.Timing;

/// <summary>
/// How long the next beat of somebody's is waited for, by the gaps between those that came: half as much again as the longest of late.
/// A healthy one beats once a period: also with one beat lost that is no more than the three that everyone has. Beyond, its host is
/// slow, not dead; but what cannot say a word in 15 s runs no service either. Safe for several threads.
/// </summary>
public sealed class BeatGaps
{
    private const double Patience = 1.5;
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(15);

    private readonly MeasuredDeadline _deadline = new(Patience, Most);

    public void Note(TimeSpan gap, TimeSpan now) => _deadline.Note(gap, now);

    /// <summary>By the period of now: a gap of 30 s under one of 30 s is none of 30 s under one of 1 s. One under a shorter period was no longer for it.</summary>
    /// <param name="before">The period that was beaten by.</param>
    public void Note(TimeSpan gap, TimeSpan now, TimeSpan period, TimeSpan before) => Note(gap * Math.Min(1, period / before), now);

    /// <param name="floor">Everyone's patience; one above the most stands.</param>
    public TimeSpan PatienceAt(TimeSpan now, TimeSpan floor) => _deadline.At(now, floor);

    public TimeSpan LongestAt(TimeSpan now) => _deadline.At(now, TimeSpan.Zero) / Patience;
}
