using Skein.Model.Timing;
using Xunit;

namespace Skein.Tests.Model;

public class MeasuredDeadlineTests
{
    private readonly MeasuredDeadline _deadline = new(factor: 3, ceiling: TimeSpan.FromSeconds(9));

    [Fact]
    public void What_is_quick_leaves_it_at_the_floor()
    {
        _deadline.Note(Ms(100), Ms(0));
        Assert.Equal(Ms(400), _deadline.At(Ms(0), floor: Ms(400)));
    }

    [Fact]
    public void What_is_slow_raises_it_at_once_and_half_as_much_some_seconds_later()
    {
        _deadline.Note(Ms(1000), Ms(0));
        _deadline.Note(Ms(10), Ms(1));
        Assert.Equal(3000, _deadline.At(Ms(0), Ms(400)).TotalMilliseconds, 1.0);
        Assert.Equal(1500, _deadline.At(Ms(14_000), Ms(400)).TotalMilliseconds, 1.0);
        Assert.Equal(400, _deadline.At(Ms(60_000), Ms(400)).TotalMilliseconds, 1.0);
    }

    [Fact]
    public void An_hour_counts_no_more_than_the_ceiling_and_a_floor_above_it_stands()
    {
        _deadline.Note(TimeSpan.FromHours(1), Ms(0));
        Assert.Equal(9000, _deadline.At(Ms(0), Ms(400)).TotalMilliseconds, 1.0);
        Assert.Equal(4500, _deadline.At(Ms(22_000), Ms(400)).TotalMilliseconds, 1.0);
        Assert.Equal(Ms(90_000), _deadline.At(Ms(0), Ms(90_000)));
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
