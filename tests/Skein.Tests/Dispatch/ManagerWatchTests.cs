using Skein.Manager.Dispatch;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Dispatch;

/// <summary>Three managers and a worker, second by second, as the manager m1 sees it. A beat period is 1 s.</summary>
public class ManagerWatchTests
{
    private readonly MemoryStore _store = new();
    private readonly ManagerWatch _watch = new("m1");
    private readonly List<string> _trace = [];
    private readonly Dictionary<string, string[]> _answers = [];
    private TimeSpan _extra;

    public ManagerWatchTests() =>
        _store.Commit(c =>
        {
            c.Put(Cluster());
            foreach (var (id, host, role) in (IEnumerable<(string, int, NodeRole)>)[("m1", 11, NodeRole.Manager), ("m2", 12, NodeRole.Manager), ("m3", 13, NodeRole.Manager), ("w1", 14, NodeRole.Worker)])
            {
                var node = Node(id, $"192.168.56.{host}", role);
                node.Status.State = NodeState.Ready;
                node.Session = new() { ManagerId = id == "w1" ? "m2" : id, SessionId = $"s-{id}" };
                c.Put(node);
            }
        });

    [Fact]
    public void All_is_well_while_all_beat()
    {
        Run(0, 10, "m1", "m2", "m3");
        Assert.Equal("0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable", Trace());
    }

    [Fact]
    public void A_dead_managers_host_is_down_after_three_beats_and_its_worker_three_later()
    {
        Run(0, 4, "m1", "m2", "m3");
        Run(5, 12, "m1", "m3");
        Assert.Equal(
            """
            0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable
            7: m2 Down Unreachable
            10: w1 Down
            """,
            Trace());
    }

    [Fact]
    public void A_worker_that_registers_elsewhere_in_time_stays_ready()
    {
        Run(0, 4, "m1", "m2", "m3");
        Run(5, 8, "m1", "m3");
        var moved = _store.Current.Nodes.Find("w1")!.Clone();
        moved.Session = new() { ManagerId = "m3", SessionId = "s2" };
        _store.Commit(c => c.Put(moved));
        Run(9, 14, "m1", "m3");
        Assert.DoesNotContain("w1", Trace());
    }

    [Fact]
    public void While_the_store_elects_a_leader_nobody_is_condemned()
    {
        Run(0, 4, "m1", "m2", "m3");
        Run(5, 9);
        Run(10, 12, "m1", "m2", "m3");
        Assert.Equal("0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable", Trace());
    }

    [Fact]
    public void After_an_election_of_two_seconds_a_dead_leader_is_known_at_once()
    {
        Run(0, 4, "m1", "m2", "m3");
        Run(5, 6);
        Run(7, 8, "m1", "m3");
        Assert.EndsWith("8: m2 Down Unreachable", Trace());
    }

    [Fact]
    public void A_manager_that_beats_again_is_reachable_again()
    {
        Run(0, 4, "m1", "m2", "m3");
        Run(5, 8, "m1", "m3");
        Run(9, 9, "m1", "m2", "m3");
        Assert.EndsWith("9: m2 Down Reachable", Trace());
    }

    [Fact]
    public void The_beat_of_one_that_is_no_manager_any_more_is_left_over()
    {
        Run(0, 4, "m1", "m2", "m3");
        var demoted = _store.Current.Nodes.Find("m3")!.Clone();
        demoted.ManagerStatus = null;
        _store.Commit(c => c.Put(demoted));
        Run(5, 8, "m1", "m2");
        Assert.Equal(["m3"], _watch.Leftovers(_store.Current));
    }

    [Fact]
    public void When_the_period_is_made_shorter_a_beat_of_the_longer_one_is_awaited_still()
    {
        SetPeriod(30);
        Run(0, 0, "m1", "m2", "m3");
        SetPeriod(1);
        Run(1, 29, "m1");   // the others sleep until their next beat of the old period
        Run(30, 32, "m1", "m2", "m3");
        Run(33, 35, "m1", "m3");
        Assert.Equal(
            """
            0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable
            35: m2 Down Unreachable
            """,
            Trace());
    }

    [Fact]
    public void One_whose_beats_come_slowly_is_slow_and_not_dead()
    {
        foreach (var (second, slow) in (IEnumerable<(int, bool)>)[(0, true), (1, false), (2, true), (3, false), (4, false), (5, true), (6, false), (7, false), (8, false), (9, true)])
            Run(second, second, slow ? ["m1", "m2", "m3"] : ["m1", "m3"]);
        Run(10, 13, "m1", "m3");
        Assert.Equal("0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable", Trace());
        Run(14, 20, "m1", "m3");
        Assert.Contains("m2 Down Unreachable", Trace());
    }

    [Fact]
    public void Beats_of_ones_own_that_the_store_kept_waiting_condemn_nobody_in_the_moment_it_is_back()
    {
        Run(0, 4, "m1", "m2", "m3");
        Run(5, 8);
        Run(9, 9, "m1");
        Run(9, 9, "m1");   // the next one was due already
        Run(10, 12, "m1", "m2", "m3");
        Assert.Equal("0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable", Trace());
    }

    [Fact]
    public void A_leader_that_is_slow_itself_waits_longer_from_the_first_moment()
    {
        Run(0, 4, "m1", "m2", "m3");
        _extra = TimeSpan.FromSeconds(3);
        Run(5, 9, "m1", "m3");
        Assert.Single(_trace);
        Run(10, 10, "m1", "m3");
        Assert.EndsWith("10: m2 Down Unreachable", Trace());
    }

    [Fact]
    public void After_an_election_a_slow_one_has_longer_to_be_heard_than_one_that_was_quick()
    {
        for (var second = 0; second <= 12; second++) Run(second, second, second % 3 == 0 ? ["m1", "m2", "m3"] : ["m1", "m3"]);
        Run(13, 17);
        Run(18, 20, "m1", "m3");
        Run(21, 30, "m1", "m2", "m3");
        Assert.Equal("0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable", Trace());
    }

    [Fact]
    public void After_this_manager_stood_still_the_others_are_judged_by_what_they_did_meanwhile()
    {
        Run(0, 4, "m1", "m2", "m3");
        // From 5 to 19 it was stopped: what the others stored comes first, then its own beats.
        Run(20, 20, "m2", "m3");
        Run(21, 24, "m1", "m2", "m3");
        Assert.Equal("0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable", Trace());
    }

    [Fact]
    public void One_whose_writes_starve_and_who_answers_is_out_of_reach_and_its_nodes_stay()
    {
        Run(0, 4, "m1", "m2", "m3");
        _answers["m2"] = ["m2", "w1"];
        Run(5, 600, "m1", "m3");
        Assert.Equal(
            """
            0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable
            7: m2 Ready Unreachable
            """,
            Trace());
    }

    [Fact]
    public void A_node_that_it_does_not_hear_any_more_has_three_beats_to_find_another_manager()
    {
        Run(0, 4, "m1", "m2", "m3");
        _answers["m2"] = ["m2"];
        Run(5, 60, "m1", "m3");
        Assert.Equal(
            """
            0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable
            7: m2 Ready Unreachable
            10: w1 Down
            """,
            Trace());
    }

    [Fact]
    public void When_it_does_not_answer_any_more_its_host_is_down_after_three_beats_and_its_worker_three_later()
    {
        Run(0, 4, "m1", "m2", "m3");
        _answers["m2"] = ["m2", "w1"];
        Run(5, 20, "m1", "m3");
        _answers.Clear();
        Run(21, 40, "m1", "m3");
        Assert.Equal(
            """
            0: m1 Ready Reachable, m2 Ready Reachable, m3 Ready Reachable
            7: m2 Ready Unreachable
            23: m2 Down Unreachable
            26: w1 Down
            """,
            Trace());
    }

    [Fact]
    public void While_an_answer_is_on_its_way_through_a_slow_host_nobody_is_condemned()
    {
        Run(0, 4, "m1", "m2", "m3");
        _extra = TimeSpan.FromSeconds(4);
        Run(5, 9, "m1", "m3");
        _answers["m2"] = ["m2", "w1"];
        Run(10, 60, "m1", "m3");
        Assert.DoesNotContain("Down", Trace());
    }

    private void SetPeriod(int seconds)
    {
        var cluster = _store.Current.Cluster!.Clone();
        cluster.Spec.Dispatcher = new() { HeartbeatPeriod = seconds * 1_000_000_000L };
        _store.Commit(c => c.Put(cluster));
    }

    private void Run(int from, int to, params string[] beating)
    {
        for (var second = from; second <= to; second++)
        {
            foreach (var id in beating)
            {
                var beat = _store.Current.ManagerBeats.Find(id)?.Clone() ?? new ManagerBeat { Id = id };
                beat.Count++;
                _store.Commit(c => c.Put(beat));
            }
            Judge(second);
        }
    }

    private void Judge(int second)
    {
        var now = TimeSpan.FromSeconds(second);
        _watch.Observe(_store.Current, now);
        foreach (var id in _watch.ToAsk(now, ClusterDefaults.HeartbeatPeriodOf(_store.Current.Cluster)))
        {
            if (_answers.TryGetValue(id, out var heard)) _watch.Answered(id, heard, now);
        }
        var verdicts = _watch.Verdicts(_store.Current, now, _extra, DateTimeOffset.UnixEpoch + now);
        if (verdicts.Count == 0) return;
        _store.Commit(c =>
        {
            foreach (var node in verdicts) c.Put(node);
        });
        _trace.Add($"{second}: " + string.Join(", ", verdicts.Select(n => $"{n.Id} {n.Status.State}{(n.ManagerStatus is null ? "" : " " + n.ManagerStatus.Reachability)}")));
    }

    private string Trace() => string.Join("\n", _trace);
}
