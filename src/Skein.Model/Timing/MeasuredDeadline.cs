namespace Skein.Model.Timing;

/// <summary>
/// A deadline that follows what was measured: a multiple of the longest of late, between a floor and a ceiling. On a healthy swarm it
/// is the floor; on hosts that are starved, whose answers take seconds, it grows with them, and comes down by itself: what was
/// measured counts half after ten seconds and four times itself, so that what comes every eight seconds is not forgotten in between.
/// Times are since an arbitrary start. Safe for several threads.
/// </summary>
/// <param name="factor">Of what was measured.</param>
/// <param name="ceiling">A floor above it stands.</param>
public sealed class MeasuredDeadline(double factor, TimeSpan ceiling)
{
    private static readonly TimeSpan ShortestHalfLife = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private TimeSpan _longest;
    private TimeSpan _notedAt;

    public void Note(TimeSpan took, TimeSpan now)
    {
        // No more than the ceiling asks for: a cut of an hour must not count for minutes.
        if (took > ceiling / factor) took = ceiling / factor;
        lock (_lock)
        {
            if (took > Faded(now)) (_longest, _notedAt) = (took, now);
        }
    }

    public TimeSpan At(TimeSpan now, TimeSpan floor)
    {
        lock (_lock)
        {
            var wanted = Faded(now) * factor;
            return wanted > floor ? wanted : floor;
        }
    }

    private TimeSpan Faded(TimeSpan now) => _longest * Math.Pow(0.5, (now - _notedAt) / (ShortestHalfLife + (_longest * 4)));
}
