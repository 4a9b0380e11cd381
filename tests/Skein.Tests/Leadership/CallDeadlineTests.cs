using Skein.Manager.Leadership;
using Xunit;

namespace Skein.Tests.Leadership;

public class CallDeadlineTests
{
    private readonly CallDeadline _deadline = new(Ms(400), ceiling: Ms(5000));

    [Fact]
    public void Through_an_election_of_etcds_it_stays_short_so_that_the_next_leader_is_asked_soon()
    {
        for (var i = 0; i < 3; i++)
        {
            _deadline.Unanswered();
            Assert.Equal(Ms(400), _deadline.Next(Ms(i * 400)));
        }
    }

    [Fact]
    public void A_store_that_needs_a_second_for_each_answer_is_waited_for_in_the_end_and_from_then_on()
    {
        var (now, calls) = (0.0, 0);
        while (_deadline.Next(Ms(now)) < Ms(1000))
        {
            now += _deadline.Next(Ms(now)).TotalMilliseconds;
            _deadline.Unanswered();
            Assert.True(++calls < 10, "it never waits long enough");
        }
        _deadline.Answered(Ms(1000), Ms(now));
        for (var i = 0; i < 100; i++)
        {
            Assert.True(_deadline.Next(Ms(now += 1250)) > Ms(1000));
            _deadline.Answered(Ms(1000), Ms(now));
        }
    }

    [Fact]
    public void It_comes_back_to_its_floor_and_never_exceeds_its_ceiling()
    {
        for (var i = 0; i < 1000; i++) _deadline.Unanswered();
        Assert.Equal(Ms(5000), _deadline.Next(Ms(0)));
        _deadline.Answered(Ms(4000), Ms(0));
        Assert.Equal(Ms(400), _deadline.Next(Ms(120_000)));
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
