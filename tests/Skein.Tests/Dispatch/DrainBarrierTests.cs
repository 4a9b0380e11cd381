using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Dispatch;

/// <summary>Two managers, m1 with nodes n1 and n2, m2 with n3; the task "web" on n1, on the network "front" with n2 and n3.</summary>
public class DrainBarrierTests
{
    private readonly MemoryStore _store = new();
    private readonly Dictionary<string, ulong> _confirmed = new(StringComparer.Ordinal);
    private AssignmentIndex _index = AssignmentIndex.Empty;

    public DrainBarrierTests() =>
        _store.Commit(c =>
        {
            c.Put(Network("front", 4097));
            c.Put(Network("back", 4098));
            c.Put(At("n1", "m1"));
            c.Put(At("n2", "m1"));
            c.Put(At("n3", "m2"));
            c.Put(At("n4", "m1"));
            c.Put(Running("web", "n1", "front"));
            c.Put(Running("client", "n2", "front"));
            c.Put(Running("far", "n3", "front"));
            c.Put(Running("other", "n4", "back"));
        });

    [Fact]
    public void A_task_is_let_go_when_every_node_on_its_network_has_taken_it_out()
    {
        var revision = Leave();
        Answered(revision, "n1", "n2");
        Assert.Empty(Drained("m1"));          // n3 of the other manager balances to it as well
        Answered(revision, "n3");
        Publish("m2");
        Assert.Equal(["web"], Drained("m1"));
        Assert.Empty(Drained("m2"));          // its own node is told, by its own manager
    }

    [Fact]
    public void A_node_that_is_behind_holds_it()
    {
        var revision = Leave();
        Answered(revision, "n1", "n3");
        Publish("m2");
        Answered(revision - 1, "n2");
        Assert.Empty(Drained("m1"));
    }

    [Fact]
    public void A_node_that_is_down_or_without_a_leg_does_not_hold_it()
    {
        _store.ChangeNode("n3", n => n.Status.State = NodeState.Down);
        _store.Change("far", t => t.DesiredState = TaskState.Running);
        var revision = Leave();
        Answered(revision, "n1", "n2");       // n4 says nothing
        Assert.Equal(["web"], Drained("m1"));
    }

    [Fact]
    public void A_task_that_its_node_may_keep_is_not_let_go_before_it_is_given_up_for_good()
    {
        _store.Change("web", t => (t.DesiredState, t.Recall) = (TaskState.Shutdown, TaskRecall.Open));
        Answered(_store.Current.Revision, "n1", "n2", "n3");
        Publish("m2");
        Assert.Empty(Drained("m1"));
        _store.Change("web", t => t.Recall = TaskRecall.None);
        Assert.Equal(["web"], Drained("m1"));
    }

    [Fact]
    public void What_is_written_to_a_task_that_leaves_already_does_not_move_the_barrier()
    {
        var revision = Leave();
        _index = _index.Next(_store.Current);
        _store.Change("web", t => t.Status.Healthy = false);
        Answered(revision, "n1", "n2", "n3");
        Publish("m2");
        Assert.Equal(["web"], Drained("m1"));
    }

    [Fact]
    public void A_task_that_fell_ill_leaves_as_one_that_is_told_to()
    {
        _store.Change("web", t => t.Status.Healthy = false);
        Answered(_store.Current.Revision, "n1", "n2", "n3");
        Publish("m2");
        Assert.Equal(["web"], Drained("m1"));
    }

    [Fact]
    public void A_manager_writes_only_what_another_waits_for_and_only_once()
    {
        Assert.Null(News("m2"));              // nothing leaves
        var revision = Leave();
        Assert.Null(News("m2"));              // its node has not answered
        Assert.Null(News("m1"));              // nobody else waits for m1
        Answered(revision, "n3");
        Publish("m2");
        Assert.Null(News("m2"));
        Answered(revision + 9, "n3");
        Assert.Null(News("m2"));              // further than anyone asks
    }

    [Fact]
    public void What_was_said_is_taken_back_when_a_node_comes_that_is_not_as_far()
    {
        Answered(Leave(), "n3");
        Publish("m2");
        _store.ChangeNode("n2", n => n.Session = new() { ManagerId = "m2", SessionId = "s2" });
        Publish("m2");
        Answered(100, "n1");
        Assert.Empty(Drained("m1"));
    }

    [Fact]
    public void A_task_without_a_network_is_let_go_at_once()
    {
        _store.Commit(c => c.Put(Task("host", "n1", TaskState.Running, TaskState.Shutdown, healthy: true)));
        Assert.Equal(["host"], Drained("m1"));
    }

    private ulong Leave()
    {
        _store.Change("web", t => t.DesiredState = TaskState.Shutdown);
        return _store.Current.Revision;
    }

    private void Answered(ulong revision, params string[] nodes)
    {
        foreach (var node in nodes) _confirmed[node] = revision;
    }

    private void Publish(string manager)
    {
        var news = News(manager);
        Assert.NotNull(news);
        _store.Commit(c => c.Put(news));
    }

    private DrainProgress? News(string manager) => Barrier(manager).News();

    private IEnumerable<string> Drained(string manager) => Barrier(manager).Drained().Select(t => t.Id);

    private DrainBarrier Barrier(string manager) =>
        new(_index = _index.Next(_store.Current), manager, id => _confirmed.GetValueOrDefault(id));

    private static Node At(string id, string manager)
    {
        var node = Node(id, $"192.168.56.{id[1..]}");
        node.Status.State = NodeState.Ready;
        node.Session = new() { ManagerId = manager, SessionId = $"s-{id}" };
        return node;
    }

    private static SwarmTask Running(string id, string node, string network) => Task(id, node, TaskState.Running, healthy: true, networks: [network]);
}
