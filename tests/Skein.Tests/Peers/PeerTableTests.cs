using System.Globalization;
using Skein.Agent.Peers;
using Xunit;

namespace Skein.Tests.Peers;

public class PeerTableTests
{
    private readonly PeerTable _table = new();
    private readonly List<string> _trace = [];
    private readonly HashSet<string> _dead = [];
    private readonly List<string> _answering = [];
    private TimeSpan _now;

    [Fact]
    public void A_node_that_dies_is_asked_three_times_and_is_silent_until_it_answers()
    {
        _table.Watch(["n2"], _now);
        Run(seconds: 2.25);
        _dead.Add("n2");
        Run(seconds: 6);
        _dead.Clear();
        Run(seconds: 3);
        Assert.Equal(
            [
                "2.00 ask n2", "4.00 ask n2", "4.50 ask n2", "5.00 ask n2", "5.50 silent n2", "7.00 ask n2", "9.00 ask n2", "9.00 silent", "11.00 ask n2",
            ],
            _trace);
    }

    [Fact]
    public void Who_was_held_up_himself_judges_nobody()
    {
        _table.Watch(["n2"], _now);
        _dead.Add("n2");
        Run(seconds: 2.25);
        // The answer to what was asked at 2.0 lies unread, or was lost, while nothing here ran for ten seconds.
        _now += TimeSpan.FromSeconds(10);
        _dead.Clear();
        _table.Answered("n2");
        Run(seconds: 2);
        Assert.DoesNotContain(_trace, line => line.Contains("silent", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pause_of_our_own_is_not_counted_against_an_answer_that_is_still_out()
    {
        _table.Watch(["n2"], _now);
        _dead.Add("n2");
        Run(seconds: 4);
        Assert.Contains("3.50 silent n2", _trace);
        Assert.Equal(["n2"], _table.Silent);
        var paused = new PeerTable();
        paused.Watch(["n2"], TimeSpan.Zero);
        paused.Tick(TimeSpan.FromSeconds(2));
        for (var i = 1; i <= 9; i++) paused.Tick(TimeSpan.FromSeconds(2 + (3 * i)));
        Assert.Empty(paused.Silent);
    }

    [Fact]
    public void A_thousand_nodes_are_asked_one_after_the_other_within_the_budget()
    {
        var nodes = Enumerable.Range(0, 1000).Select(i => $"n{i:d4}").ToList();
        _table.Watch(nodes, _now);
        var asked = new Dictionary<string, int>();
        for (var tick = 0; tick < 4 * 120; tick++)
        {
            _now += PeerWatch.Tick;
            var now = _table.Tick(_now);
            Assert.InRange(now.Count, 0, PeerWatch.PerTick);
            foreach (var node in now)
            {
                asked[node] = asked.GetValueOrDefault(node) + 1;
                _table.Answered(node);
            }
        }
        Assert.Equal(1000, asked.Count);
        Assert.InRange(asked.Values.Sum(), 120 * 36, 120 * 40);
        Assert.InRange(asked.Values.Min(), 4, 5);
    }

    [Theory]
    [InlineData(1, 2.0)]
    [InlineData(80, 2.0)]
    [InlineData(140, 3.5)]
    [InlineData(1000, 25.0)]
    public void More_nodes_are_asked_less_often(int peers, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), PeerWatch.IntervalOf(peers));

    [Fact]
    public void A_node_that_is_no_longer_sent_to_is_forgotten()
    {
        _table.Watch(["n2", "n3"], _now);
        _dead.UnionWith(["n2", "n3"]);
        Run(seconds: 6);
        Assert.Equal(["n2", "n3"], _table.Silent.Order());
        _table.Watch(["n3"], _now);
        Assert.Equal(["n3"], _table.Silent);
    }

    private void Run(double seconds)
    {
        for (var end = _now + TimeSpan.FromSeconds(seconds); _now < end;)
        {
            _now += PeerWatch.Tick;
            var before = Silent();
            foreach (var node in _table.Tick(_now))
            {
                Trace($"ask {node}");
                if (!_dead.Contains(node)) _answering.Add(node);
            }
            if (Silent() != before) Trace($"silent {Silent()}".TrimEnd());
            Answer();
        }
    }

    private void Answer()
    {
        var before = Silent();
        foreach (var node in _answering) _table.Answered(node);
        _answering.Clear();
        if (Silent() != before) Trace($"silent {Silent()}".TrimEnd());
    }

    private string Silent() => string.Join(' ', _table.Silent.Order(StringComparer.Ordinal));

    private void Trace(string what) => _trace.Add(string.Create(CultureInfo.InvariantCulture, $"{_now.TotalSeconds:F2} {what}"));
}
