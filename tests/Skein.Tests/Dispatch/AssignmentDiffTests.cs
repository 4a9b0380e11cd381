using CsCheck;
using Skein.Agent.Session;
using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Dispatch;

public class AssignmentDiffTests
{
    private readonly MemoryStore _store = new();
    private AssignmentIndex _index = AssignmentIndex.Empty;
    private NodeView _view = NodeView.Empty;

    public AssignmentDiffTests() =>
        _store.Commit(c =>
        {
            c.Put(Network("ingress", 4096, ingress: true));
            c.Put(Network("front", 4097));
            c.Put(Network("back", 4098));
            c.Put(Node("n1", "192.168.56.11"));
            c.Put(Node("n2", "192.168.56.12"));
            c.Put(Service("web", "front"));
            c.Put(Service("db", "back"));
        });

    [Fact]
    public void A_node_without_tasks_knows_ingress_only()
    {
        _store.Commit(c => c.Put(Task("far", "n2", networks: ["front"])));
        Assert.Equal("networks: ingress", Told("n1"));
    }

    [Fact]
    public void A_task_brings_its_network_with_everything_on_it()
    {
        _store.Commit(c => c.Put(Task("far", "n2", networks: ["front"])));
        Told("n1");
        _store.Commit(c => c.Put(Task("near", "n1", networks: ["front"])));
        Assert.Equal("tasks: near; networks: front; services: web; endpoints: far/front@192.168.56.12, near/front@192.168.56.11", Told("n1"));
    }

    [Fact]
    public void A_node_is_not_told_to_stop_a_task_as_long_as_it_may_keep_it()
    {
        _store.Commit(c => c.Put(Task("near", "n1", TaskState.Running, healthy: true, networks: ["front"])));
        Told("n1");
        _store.Change("near", t => (t.DesiredState, t.Recall) = (TaskState.Shutdown, TaskRecall.Open));
        Assert.Equal("endpoints: near/front@192.168.56.11", Told("n1"));   // that nobody is led to it
        Assert.Equal(TaskState.Running, _view.Tasks["near"].DesiredState);
        _store.Change("near", t => t.Recall = TaskRecall.None);
        Assert.Equal("tasks: near", Told("n1"));
        Assert.Equal(TaskState.Shutdown, _view.Tasks["near"].DesiredState);
    }

    [Fact]
    public void A_container_is_known_by_its_short_id_and_by_the_hostname_it_was_given()
    {
        var task = Task("near", "n1", TaskState.Running, networks: ["front"]);
        task.Status.Container = new() { ContainerId = new string('a', 64) };
        Assert.Equal(["aaaaaaaaaaaa"], OverlayMapping.Endpoints(task, "").Single().OwnNames);
        task.Spec.Container.Hostname = "store-1";
        Assert.Equal(["aaaaaaaaaaaa", "store-1"], OverlayMapping.Endpoints(task, "").Single().OwnNames);
    }

    [Fact]
    public void An_endpoint_is_there_from_assignment_to_its_end_and_ready_only_while_it_runs()
    {
        _store.Commit(c =>
        {
            c.Put(Task("near", "n1", networks: ["front"]));
            c.Put(Task("far", "n2", networks: ["front"]));
        });
        Told("n1");
        _store.Change("far", t => t.Status.State = TaskState.Running);
        Assert.Equal("", Told("n1"));
        _store.Change("far", t => t.Status.Healthy = true);
        Assert.Equal("endpoints: far/front@192.168.56.12 ready", Told("n1"));
        _store.Change("far", t => t.DesiredState = TaskState.Shutdown);
        Assert.Equal("endpoints: far/front@192.168.56.12", Told("n1"));
        _store.Change("far", t => t.Status.State = TaskState.Shutdown);
        Assert.Equal("gone: far/front", Told("n1"));
    }

    [Fact]
    public void The_nodes_own_reports_are_not_sent_back_but_their_end_is()
    {
        _store.Commit(c => c.Put(Task("near", "n1")));
        Told("n1");
        _store.Change("near", t => t.Status.State = TaskState.Preparing);
        Assert.Equal("", Told("n1"));
        _store.Change("near", t => t.Status.State = TaskState.Failed);
        Assert.Equal("tasks: near", Told("n1"));
        _store.Commit(c => c.Delete(ObjectKind.Task, "near"));
        Assert.Equal("gone: near", Told("n1"));
    }

    [Fact]
    public void The_last_task_takes_its_network_along()
    {
        _store.Commit(c =>
        {
            c.Put(Task("near", "n1", networks: ["front"]));
            c.Put(Task("far", "n2", networks: ["front"]));
        });
        Told("n1");
        _store.Change("near", t => t.Status.State = TaskState.Complete);
        Assert.Equal("tasks: near; gone: far/front, front, near/front, web", Told("n1"));
    }

    [Fact]
    public void A_node_that_moves_takes_its_endpoints_along()
    {
        _store.Commit(c =>
        {
            c.Put(Task("near", "n1", networks: ["front"]));
            c.Put(Task("far", "n2", networks: ["front"]));
        });
        Told("n1");
        var moved = _store.Current.Nodes.Find("n2")!.Clone();
        moved.Vtep = "192.168.56.99";
        _store.Commit(c => c.Put(moved));
        Assert.Equal("endpoints: far/front@192.168.56.99", Told("n1"));
    }

    [Fact]
    public void A_service_is_told_only_with_its_addresses_on_networks_present()
    {
        _store.Commit(c =>
        {
            c.Put(Service("both", "front", "back"));
            c.Put(Task("near", "n1", networks: ["front"]));
        });
        Told("n1");
        var both = _view.Services["both"];
        Assert.Equal(["front"], both.VirtualIps.Select(v => v.NetworkId));
        Assert.Equal(["front"], both.Aliases.Select(a => a.NetworkId));
        _store.Commit(c => c.Put(Task("near2", "n1", networks: ["back"])));
        Assert.Contains("services: both, db", Told("n1"));
        Assert.Equal(2, _view.Services["both"].VirtualIps.Count);
    }

    [Fact]
    public void The_ingress_legs_of_all_nodes_are_told_to_all()
    {
        var node = _store.Current.Nodes.Find("n2")!.Clone();
        node.Ingress = new() { NetworkId = "ingress", Addresses = { "10.0.0.3/24" } };
        _store.Commit(c => c.Put(node));
        Assert.Equal("networks: ingress; endpoints: n2/ingress@192.168.56.12", Told("n1"));
    }

    /// <summary>Whatever happens in the store, in whatever portions it is told: deltas end where a full telling would.</summary>
    [Fact]
    public void Deltas_add_up_to_the_whole() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 5], Gen.Int[0, 7], Gen.Bool).List[1, 60].Sample(steps =>
        {
            var store = new MemoryStore();
            store.Commit(c =>
            {
                c.Put(Network("ingress", 4096, ingress: true));
                c.Put(Node("n1", "192.168.56.11"));
                c.Put(Node("n2", "192.168.56.12"));
            });
            var index = AssignmentIndex.Empty.Next(store.Current);
            var view = NodeView.Empty.Next(index, "n1");
            var known = NodeAssignments.Empty.Apply(AssignmentDiff.Full(view, 1))!;
            foreach (var (kind, which, state, tell) in steps)
            {
                Step(store, kind, which, state);
                if (!tell) continue;
                index = index.Next(store.Current);
                var next = view.Next(index, "n1");
                if (AssignmentDiff.Between(view, next, known.Sequence + 1) is { } delta) known = known.Apply(delta)!;
                view = next;
            }
            index = index.Next(store.Current);
            var last = view.Next(index, "n1");
            if (AssignmentDiff.Between(view, last, known.Sequence + 1) is { } rest) known = known.Apply(rest)!;
            var whole = NodeAssignments.Empty.Apply(AssignmentDiff.Full(NodeView.Empty.Next(AssignmentIndex.Empty.Next(store.Current), "n1"), 1))!;

            Assert.Equal(Sorted(whole.Networks.Values, n => n.Id), Sorted(known.Networks.Values, n => n.Id));
            Assert.Equal(Sorted(whole.Endpoints.Values, e => e.Id), Sorted(known.Endpoints.Values, e => e.Id));
            Assert.Equal(Sorted(whole.Services.Values, s => s.Id), Sorted(known.Services.Values, s => s.Id));
            Assert.Equal(whole.Tasks.Keys.Order(), known.Tasks.Keys.Order());
            Assert.All(whole.Tasks.Values, t => Assert.True(NodeView.SameForNode(t, known.Tasks[t.Id])));
        });

    [Fact]
    public void A_full_telling_keeps_the_objects_that_did_not_change()
    {
        _store.Commit(c => c.Put(Task("near", "n1", networks: ["front"])));
        Told("n1");
        var first = NodeAssignments.Empty.Apply(Assignments.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(AssignmentDiff.Full(_view, 1))))!;
        var second = first.Apply(Assignments.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(AssignmentDiff.Full(_view, 9))))!;
        Assert.Same(first.Endpoints["near/front"], second.Endpoints["near/front"]);
        Assert.Equal(9ul, second.Sequence);
        Assert.Null(second.Apply(new() { Sequence = 11 }));
    }

    private static List<T> Sorted<T>(IEnumerable<T> values, Func<T, string> id) => [.. values.OrderBy(id, StringComparer.Ordinal)];

    private static void Step(MemoryStore store, int kind, int which, int state)
    {
        var network = which % 2 == 0 ? "front" : "back";
        var task = $"t{which}";
        var exists = store.Current.Tasks.Find(task) is not null;
        switch (kind)
        {
            case 0 or 1 or 2 when !exists:
                store.Commit(c => c.Put(Task(task, which < 3 ? "n1" : "n2", networks: state > 5 ? ["front", "back"] : [network])));
                break;
            case 0 or 1 or 2 or 3 when exists:
                store.Change(task, t =>
                {
                    t.Status.State = state switch { < 3 => TaskState.Starting, < 6 => TaskState.Running, _ => TaskState.Failed };
                    t.Status.Healthy = state == 5;
                });
                break;
            case 4 when exists: store.Change(task, t => t.DesiredState = state > 4 ? TaskState.Shutdown : TaskState.Running); break;
            case 5: store.Commit(c => c.Delete(ObjectKind.Task, task)); break;
            case 6 when store.Current.Networks.Find(network) is null: store.Commit(c => c.Put(Network(network, (uint)(4100 + which)))); break;
            case 6: store.Commit(c => c.Delete(ObjectKind.Network, network)); break;
            case 7:
                var service = Service("web", state > 3 ? ["front", "back"] : [network]);
                service.Meta = store.Current.Services.Find("web")?.Meta;
                store.Commit(c => c.Put(service));
                break;
            case 8: store.Commit(c => c.Delete(ObjectKind.Service, "web")); break;
            case 9:
                var node = store.Current.Nodes.Find("n2")!.Clone();
                node.Vtep = $"192.168.56.{state}";
                node.Ingress = state > 3 ? new() { NetworkId = "ingress", Addresses = { $"10.0.0.{state}/24" } } : null;
                store.Commit(c => c.Put(node));
                break;
        }
    }

    /// <summary>What the node is told of the store since the last time.</summary>
    private string Told(string node)
    {
        _index = _index.Next(_store.Current);
        var next = _view.Next(_index, node);
        var delta = AssignmentDiff.Between(_view, next, 1);
        _view = next;
        if (delta is null) return "";
        var parts = new List<string>();
        Add("tasks", delta.Tasks.Select(t => t.Id));
        Add("networks", delta.Networks.Select(n => n.Id));
        Add("services", delta.Services.Select(s => s.Id));
        Add("endpoints", delta.Endpoints.Select(e => $"{e.Id}@{e.Vtep}{(e.Ready ? " ready" : "")}"));
        Add("gone", delta.RemovedTasks.Concat(delta.RemovedNetworks).Concat(delta.RemovedEndpoints).Concat(delta.RemovedServices));
        return string.Join("; ", parts);

        void Add(string what, IEnumerable<string> ids)
        {
            var sorted = ids.Order(StringComparer.Ordinal).ToList();
            if (sorted.Count > 0) parts.Add($"{what}: {string.Join(", ", sorted)}");
        }
    }
}
