using Skein.Manager.Dispatch;
using Xunit;

namespace Skein.Tests.Dispatch;

public class SessionTableTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly SessionTable _table = new();

    [Fact]
    public void A_node_is_silent_after_three_beats_whether_its_stream_ended_or_not()
    {
        _table.Open("n1", "s1", () => { }, At(0), Patience);
        _table.Heard("n1", "s1", At(2), Patience);
        Assert.Empty(_table.Silent(At(4.9), Patience, TimeSpan.Zero));
        Assert.Equal("s1", Assert.Single(_table.Silent(At(5), Patience, TimeSpan.Zero)).SessionId);
    }

    [Fact]
    public void A_newer_session_ends_the_older_and_the_olders_beats_count_no_more()
    {
        var ended = false;
        _table.Open("n1", "s1", () => ended = true, At(0), Patience);
        _table.Open("n1", "s2", () => { }, At(1), Patience)?.Invoke();
        Assert.True(ended);
        _table.Heard("n1", "s1", At(3), Patience);
        Assert.Equal("s2", Assert.Single(_table.Silent(At(4), Patience, TimeSpan.Zero)).SessionId);
        _table.Forget("n1", "s1");
        Assert.Single(_table.Silent(At(4), Patience, TimeSpan.Zero));
        _table.Forget("n1", "s2");
        Assert.Empty(_table.Silent(At(4), Patience, TimeSpan.Zero));
    }

    [Fact]
    public void What_is_adopted_does_not_replace_a_live_session()
    {
        _table.Open("n1", "s2", () => { }, At(0), Patience);
        _table.Adopt("n1", "s1", At(9));
        Assert.Equal("s2", Assert.Single(_table.Silent(At(3), Patience, TimeSpan.Zero)).SessionId);
    }

    [Fact]
    public void Forgiving_gives_everyone_the_same_new_start()
    {
        _table.Open("n1", "s1", () => { }, At(0), Patience);
        _table.Forgive(At(10));
        Assert.Empty(_table.Silent(At(12), Patience, TimeSpan.Zero));
        Assert.Single(_table.Silent(At(13), Patience, TimeSpan.Zero));
    }

    [Fact]
    public void One_that_beat_by_a_short_period_under_a_long_one_has_no_more_patience_when_that_is_taken_back()
    {
        _table.Open("n1", "s1", () => { }, At(0), Patience);
        _table.Heard("n1", "s1", At(1), At(90));
        _table.Heard("n1", "s1", At(31), Patience);
        _table.Heard("n1", "s1", At(32), Patience);
        Assert.Single(_table.Silent(At(35), Patience, TimeSpan.Zero));
    }

    [Fact]
    public void One_heard_under_a_longer_period_is_not_silent_by_a_shorter_one_until_it_was_heard_under_that()
    {
        _table.Open("n1", "s1", () => { }, At(0), At(90));
        Assert.Empty(_table.Silent(At(30), Patience, TimeSpan.Zero));
        _table.Heard("n1", "s1", At(30), Patience);
        Assert.Single(_table.Silent(At(33), Patience, TimeSpan.Zero));
        // The other way round it has the longer one at once.
        Assert.Empty(_table.Silent(At(33), At(90), TimeSpan.Zero));
    }

    [Fact]
    public void One_that_was_told_a_longer_period_and_soon_the_old_one_again_may_beat_by_the_longer_until_it_is_heard()
    {
        _table.Open("n1", "s1", () => { }, At(0), Patience);
        _table.Told("n1", "s1", At(90));
        _table.Told("n1", "s1", Patience);
        Assert.Empty(_table.Silent(At(30), Patience, TimeSpan.Zero));
        _table.Heard("n1", "s1", At(30), Patience);
        Assert.Single(_table.Silent(At(33), Patience, TimeSpan.Zero));
    }

    [Fact]
    public void One_heard_in_longer_gaps_has_twice_the_longest_of_late_up_to_a_ceiling()
    {
        _table.Open("n1", "s1", () => { }, At(0), Patience);
        _table.Heard("n1", "s1", At(2.8), Patience);
        Assert.Empty(_table.Silent(At(2.8 + 3), Patience, TimeSpan.Zero));
        _table.Heard("n1", "s1", At(7), Patience);
        Assert.Empty(_table.Silent(At(7 + 4), Patience, TimeSpan.Zero));
        Assert.Single(_table.Silent(At(7 + 15), Patience, TimeSpan.Zero));
        for (var second = 8; second < 60; second++) _table.Heard("n1", "s1", At(second), Patience);
        Assert.Single(_table.Silent(At(59 + 3), Patience, TimeSpan.Zero));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
