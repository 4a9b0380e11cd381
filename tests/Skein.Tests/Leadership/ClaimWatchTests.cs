using Skein.Manager.Leadership;
using Xunit;

namespace Skein.Tests.Leadership;

public class ClaimWatchTests
{
    private readonly ClaimWatch _watch = new(Ms(1200), longestStep: Ms(600));

    [Fact]
    public void A_claim_that_nobody_holds_or_that_is_ones_own_is_taken_at_once()
    {
        Assert.True(_watch.Observe(null, "me", TimeSpan.Zero, TimeSpan.Zero));
        Assert.True(_watch.Observe(new("me", 5, 9), "me", TimeSpan.Zero, TimeSpan.Zero));
    }

    [Fact]
    public void A_leader_that_beats_stays()
    {
        for (var i = 0; i < 100; i++) Assert.False(Read(i * 250, beat: 10 + i));
    }

    [Fact]
    public void A_leader_that_falls_silent_is_followed_after_the_patience()
    {
        // As on a healthy swarm: a beat every 300 ms, a read every 250.
        for (var at = 0; at <= 3000; at += 250) Assert.False(Read(at, beat: 10 + (at / 300)));
        for (var at = 3250; at < 4200; at += 250) Assert.False(Read(at, beat: 20));
        Assert.True(Read(4200, beat: 20));
    }

    [Fact]
    public void While_etcd_did_not_answer_nobody_could_beat_so_the_leader_has_what_is_left_to_be_heard()
    {
        Assert.False(Read(0, beat: 10));
        Assert.False(Read(2250, beat: 10));    // two seconds of an election of etcd's own
        Assert.False(Read(2500, beat: 10));
        Assert.False(Read(2750, beat: 11));    // it lives

        Assert.False(Read(5000, beat: 11));
        Assert.False(Read(5500, beat: 11));
        Assert.False(Read(5750, beat: 11));    // it has the longest silence of before, and half as much
        Assert.True(Read(6000, beat: 11));     // it does not
    }

    [Fact]
    public void Ones_own_loop_that_is_late_unseats_nobody()
    {
        for (var i = 0; i < 100; i++) Assert.False(Read(i * 30_000, beat: 10 + (i / 2)));
    }

    [Fact]
    public void A_leader_on_a_slow_host_whose_beats_come_further_and_further_apart_stays()
    {
        var (now, beat, gap) = (0.0, 10L, 300.0);
        while (gap < 8_000)
        {
            for (var waited = 0.0; waited < gap; waited += 250, now += 250) Assert.False(Read(now, beat));
            (beat, gap) = (beat + 1, gap * 1.25);
        }
        while (!Read(now += 250, beat))
        {
            Assert.True(now < 200_000, "a leader that is dead is never followed");
        }
    }

    [Fact]
    public void Three_managers_on_slow_hosts_do_not_unseat_each_other_for_long()
    {
        // Whoever leads beats every two seconds, from its first moment on: two takeovers and all know.
        var (term, silentSince, takeovers) = (5L, 0, 0);
        for (var at = 0; at < 60_000; at += 250)
        {
            var beat = 10 + ((at - silentSince) / 2000);
            if (!_watch.Observe(new("other", term, (term * 1000) + beat), "me", Ms(at), TimeSpan.Zero)) continue;
            (term, silentSince, takeovers) = (term + 1, at, takeovers + 1);
        }
        Assert.InRange(takeovers, 1, 2);
    }

    [Fact]
    public void A_manager_that_is_slow_itself_waits_longer_from_the_first_moment()
    {
        Assert.False(Read(0, beat: 10));
        for (var at = 250; at < 4200; at += 250) Assert.False(Read(at, beat: 10, extra: Ms(3000)));
        Assert.True(Read(4250, beat: 10, extra: Ms(3000)));
    }

    [Fact]
    public void What_was_slow_once_is_forgotten()
    {
        Assert.False(Read(0, beat: 10));
        for (var at = 250; at <= 3000; at += 250) Read(at, beat: 10);
        for (var at = 3250; at <= 103_000; at += 250) Assert.False(Read(at, beat: at));
        for (var at = 103_250; at < 104_200; at += 250) Assert.False(Read(at, beat: 103_000));
        Assert.True(Read(104_200, beat: 103_000));
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private bool Read(double endedAt, long beat, TimeSpan extra = default) => _watch.Observe(new("other", 5, beat), "me", Ms(endedAt), extra);
}
