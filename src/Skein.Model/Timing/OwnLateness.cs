namespace Skein.Model.Timing;

/// <summary>
/// How much longer others are waited for because one's own loop runs late: who gets a twentieth of a CPU is late by 100 to 400 ms at each
/// turn, and hears, answers and writes as late. It shows in the first turn, before anybody's beats have come slowly. Ten times the worst of
/// late, up to ten seconds; what a busy machine does to any loop counts as nothing, so that on a healthy host it is nothing.
/// </summary>
public sealed class OwnLateness
{
    private const double Factor = 10;
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(60);

    private readonly MeasuredDeadline _extra = new(Factor, Most);

    /// <param name="meant">How long the loop meant to wait.</param>
    /// <param name="waited">How long it did.</param>
    public void Note(TimeSpan meant, TimeSpan waited, TimeSpan now)
    {
        if (waited - meant > Usual) _extra.Note(waited - meant, now);
    }

    public TimeSpan At(TimeSpan now)
    {
        var extra = _extra.At(now, TimeSpan.Zero);
        return extra > Usual * Factor ? extra : TimeSpan.Zero;
    }
}
