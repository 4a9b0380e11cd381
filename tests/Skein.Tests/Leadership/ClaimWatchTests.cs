using Skein.Manager.Leadership;
using Xunit;

namespace Skein.Tests.Leadership;

public class ClaimWatchTests
{
    private readonly ClaimWatch _watch = new(patience: TimeSpan.FromMilliseconds(1200), grace: TimeSpan.FromMilliseconds(600));

    [Fact]
    public void A_claim_that_nobody_holds_or_that_is_ones_own_is_taken_at_once()
    {
        Assert.True(_watch.Observe(null, "me", TimeSpan.Zero, TimeSpan.Zero));
        Assert.True(_watch.Observe(new("me", 5, 9), "me", TimeSpan.Zero, TimeSpan.Zero));
    }

    [Fact]
    public void A_leader_that_beats_stays()
    {
        for (var i = 0; i < 100; i++) Assert.False(Read(i * 250, i * 250, beat: 10 + i));
    }

    [Fact]
    public void A_leader_that_falls_silent_is_followed_after_the_patience()
    {
        Assert.False(Read(0, 0, beat: 10));
        Assert.False(Read(1190, 1199, beat: 10));
        Assert.True(Read(1199, 1200, beat: 10));
    }

    [Fact]
    public void While_etcd_did_not_answer_nobody_could_beat_so_the_leader_has_the_grace_to_be_heard()
    {
        Assert.False(Read(0, 0, beat: 10));
        Assert.False(Read(250, 2250, beat: 10));    // two seconds of an election of etcd's own
        Assert.False(Read(2500, 2500, beat: 10));
        Assert.False(Read(2750, 2750, beat: 11));   // it lives

        Assert.False(Read(3000, 5000, beat: 11));
        Assert.False(Read(5500, 5500, beat: 11));
        Assert.True(Read(5600, 5600, beat: 11));    // it does not
    }

    private bool Read(int startedAt, int endedAt, long beat) =>
        _watch.Observe(new("other", 5, beat), "me", TimeSpan.FromMilliseconds(startedAt), TimeSpan.FromMilliseconds(endedAt));
}
