using System.Globalization;
using Skein.Manager.Dispatch;
using Xunit;

namespace Skein.Tests.Dispatch;

/// <summary>One node in session, in virtual time. The manager looks ten times a second; the node beats once, as does the manager itself.</summary>
public class SilenceWatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestReturn = TimeSpan.FromSeconds(10);

    private readonly SessionTable _sessions = new();
    private readonly SilenceWatch _watch;
    private readonly List<string> _trace = [];
    private TimeSpan _now;
    private TimeSpan _landed;
    private TimeSpan _heard;

    public SilenceWatchTests()
    {
        _watch = new(_sessions, LongestReturn);
        _sessions.Open("n1", "s1", () => { }, TimeSpan.Zero, Patience);
    }

    [Fact]
    public void A_dead_node_is_silent_after_three_beats()
    {
        Run(10);
        Run(5, nodeBeats: false);
        Assert.Equal("13.0: n1 is silent", _trace[0]);
    }

    [Fact]
    public void A_loop_that_was_late_gives_everyone_the_whole_patience_again()
    {
        Run(10);
        Run(2, nodeBeats: false);
        Stall(60);
        Run(2.8, nodeBeats: false);
        Assert.Empty(_trace);
        Run(1, nodeBeats: false);
        Assert.Equal("75.1: n1 is silent", _trace[0]);
    }

    [Fact]
    public void A_starved_manager_whose_loop_is_late_again_and_again_condemns_nobody()
    {
        Run(10);
        for (var i = 0; i < 100; i++)
        {
            Stall(4);
            Run(1, nodeBeats: false);
        }
        Assert.Empty(_trace);
    }

    [Fact]
    public void A_manager_whose_looks_are_late_waits_longer_for_everyone_from_the_first_of_them()
    {
        Run(10);
        for (var i = 0; i < 12; i++)
        {
            Stall(0.3);
            Run(0.1, nodeBeats: false);
        }
        Run(0.5, nodeBeats: false);
        Assert.Empty(_trace);
        Run(3, nodeBeats: false);
        Assert.NotEmpty(_trace);
    }

    [Fact]
    public void A_store_out_of_reach_makes_nobody_silent_and_who_was_sent_away_has_time_to_come_back()
    {
        Run(10);
        Run(20, nodeBeats: false, storeAnswers: false);
        Assert.Equal("13.1: the store is lost", Assert.Single(_trace));
        Run(12, nodeBeats: false);
        Assert.Single(_trace);
        Run(2, nodeBeats: false);
        Assert.Contains("n1 is silent", _trace[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_manager_that_stood_still_has_not_lost_the_store()
    {
        Run(10);
        Stall(30);
        Run(2, storeAnswers: false);
        Assert.Empty(_trace);
        Assert.False(_watch.IsLost);
    }

    [Fact]
    public void A_node_that_is_heard_before_its_end_is_written_is_not_down()
    {
        Run(10);
        Run(3, nodeBeats: false);
        Assert.NotEmpty(_trace);
        Assert.True(_sessions.IsSilent("n1", "s1", _now, Patience, _watch.Since));
        _sessions.Heard("n1", "s1", _now, Patience);
        Assert.False(_sessions.IsSilent("n1", "s1", _now, Patience, _watch.Since));
    }

    private void Run(double seconds, bool nodeBeats = true, bool storeAnswers = true)
    {
        for (var tick = 0; tick < seconds * 10; tick++)
        {
            _now += TimeSpan.FromMilliseconds(100);
            if (nodeBeats && _now - _heard >= TimeSpan.FromSeconds(1)) _sessions.Heard("n1", "s1", _heard = _now, Patience);
            if (storeAnswers && _now - _landed >= TimeSpan.FromSeconds(1)) _landed = _now;
            var seen = _watch.Look(_now, Patience, (_landed, Patience));
            if (seen.Lost) Note("the store is lost");
            foreach (var silent in seen.Silent) Note($"{silent.NodeId} is silent");
        }
    }

    /// <summary>Nothing of this process runs.</summary>
    private void Stall(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    private void Note(string what) => _trace.Add(string.Create(CultureInfo.InvariantCulture, $"{_now.TotalSeconds:F1}: {what}"));
}
