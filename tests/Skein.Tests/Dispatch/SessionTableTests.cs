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
        Assert.Empty(_table.Silent(At(4.9), Patience));
        Assert.Equal("s1", Assert.Single(_table.Silent(At(5), Patience)).SessionId);
    }

    [Fact]
    public void A_newer_session_ends_the_older_and_the_olders_beats_count_no_more()
    {
        var ended = false;
        _table.Open("n1", "s1", () => ended = true, At(0), Patience);
        _table.Open("n1", "s2", () => { }, At(1), Patience)?.Invoke();
        Assert.True(ended);
        _table.Heard("n1", "s1", At(3), Patience);
        Assert.Equal("s2", Assert.Single(_table.Silent(At(4), Patience)).SessionId);
        _table.Forget("n1", "s1");
        Assert.Single(_table.Silent(At(4), Patience));
        _table.Forget("n1", "s2");
        Assert.Empty(_table.Silent(At(4), Patience));
    }

    [Fact]
    public void What_is_adopted_does_not_replace_a_live_session()
    {
        _table.Open("n1", "s2", () => { }, At(0), Patience);
        _table.Adopt("n1", "s1", At(9));
        Assert.Equal("s2", Assert.Single(_table.Silent(At(3), Patience)).SessionId);
    }

    [Fact]
    public void Forgiving_gives_everyone_the_same_new_start()
    {
        _table.Open("n1", "s1", () => { }, At(0), Patience);
        _table.Forgive(At(10));
        Assert.Empty(_table.Silent(At(12), Patience));
        Assert.Single(_table.Silent(At(13), Patience));
    }

    [Fact]
    public void One_heard_under_a_longer_period_is_not_silent_by_a_shorter_one_until_it_was_heard_under_that()
    {
        _table.Open("n1", "s1", () => { }, At(0), At(90));
        Assert.Empty(_table.Silent(At(30), Patience));
        _table.Heard("n1", "s1", At(30), Patience);
        Assert.Single(_table.Silent(At(33), Patience));
        // The other way round it has the longer one at once.
        Assert.Empty(_table.Silent(At(33), At(90)));
    }

    [Fact]
    public void One_that_was_told_a_longer_period_and_soon_the_old_one_again_may_beat_by_the_longer_until_it_is_heard()
    {
        _table.Open("n1", "s1", () => { }, At(0), Patience);
        _table.Told("n1", "s1", At(90));
        _table.Told("n1", "s1", Patience);
        Assert.Empty(_table.Silent(At(30), Patience));
        _table.Heard("n1", "s1", At(30), Patience);
        Assert.Single(_table.Silent(At(33), Patience));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
