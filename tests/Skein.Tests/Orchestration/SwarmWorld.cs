using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Dispatch;
using Skein.Manager.Orchestration;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Orchestration;

/// <summary>
/// A swarm in virtual time: the stages on a store in memory, and nodes that do at once what their tasks are told. Time stands
/// still unless <see cref="Pass"/> moves it, and then stops at each moment at which something falls due.
/// </summary>
internal sealed class SwarmWorld
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly StringBuilder _trace = new();
    private readonly CountedIds _ids = new();
    private readonly Dictionary<string, TaskState> _outcomes = new(StringComparer.Ordinal);
    private int _order;

    public SwarmWorld(int nodes = 0)
    {
        Store.Commit(c => c.Put(new Cluster
        {
            Id = "cluster",
            Spec = new() { Orchestration = new() { TaskHistoryRetentionLimit = 5 } },
            DefaultAddressPool = { "10.0.0.0/8" },
            SubnetSize = 24,
        }));
        for (var i = 1; i <= nodes; i++) AddNode($"n{i}");
    }

    public MemoryStore Store { get; } = new();

    public DateTimeOffset Now { get; private set; } = Start;

    /// <summary>When true, tasks get no further by themselves.</summary>
    public bool NodesIdle { get; set; }

    /// <summary>Off to follow only what matters in a long story.</summary>
    public bool Tracing { get; set; } = true;

    public Snapshot Current => Store.Current;

    public IEnumerable<SwarmTask> Tasks => Current.Tasks.All.OrderBy(t => t.Id.Length).ThenBy(t => t.Id, StringComparer.Ordinal);

    // ---- arranging -------------------------------------------------------------------------------------------

    public Node AddNode(string id, Action<Node>? change = null)
    {
        var node = new Node
        {
            Id = id,
            Meta = NextMeta(),
            Spec = new() { Annotations = new() },
            Description = new()
            {
                Hostname = $"host-{id}",
                Platform = new() { Architecture = "x86_64", Os = "linux" },
                Resources = new() { NanoCpus = 4_000_000_000, MemoryBytes = 8L << 30 },
            },
            Status = new() { State = NodeState.Ready, Addr = $"192.168.56.{10 + _order}" },
        };
        change?.Invoke(node);
        Store.Commit(c => c.Put(node));
        return node;
    }

    public Network AddNetwork(string id, Action<NetworkSpec>? change = null)
    {
        var network = new Network { Id = id, Meta = NextMeta(), Spec = new() { Annotations = new() { Name = id }, Driver = "overlay" } };
        change?.Invoke(network.Spec);
        Store.Commit(c => c.Put(network));
        return network;
    }

    public Service AddService(string id, ulong? replicas, Action<ServiceSpec>? change = null)
    {
        var spec = new ServiceSpec
        {
            Annotations = new() { Name = id },
            Task = new() { Container = new() { Image = "httpd:1" } },
            Endpoint = new(),
        };
        if (replicas is { } count) spec.Replicated = new() { Replicas = count };
        else spec.Global = new();
        change?.Invoke(spec);
        var service = new Service { Id = id, Meta = NextMeta(), Spec = spec, SpecVersion = 1, JobStatus = JobOf(spec, 0) };
        Store.Commit(c => c.Put(service));
        return service;
    }

    /// <summary>As Control does it: a new spec version when tasks are concerned, the earlier spec kept, no update under way.</summary>
    public void Update(string id, Action<ServiceSpec> change)
    {
        var service = Current.Services.Find(id)!.Clone();
        var before = service.Spec.Clone();
        change(service.Spec);
        service.PreviousSpec = before;
        service.PreviousSpecVersion = service.SpecVersion;
        if (!before.Task.Equals(service.Spec.Task) || !Equals(before.Endpoint, service.Spec.Endpoint)) service.SpecVersion = service.Meta.Version;
        service.UpdateStatus = null;
        service.JobStatus = JobOf(service.Spec, (service.JobStatus?.Iteration ?? 0) + 1);
        Store.Commit(c => c.Put(service));
    }

    private JobStatus? JobOf(ServiceSpec spec, ulong iteration) =>
        spec.IsJob() ? new() { Iteration = iteration, LastExecution = Now.ToTimestamp(), SinceVersion = Current.Revision } : null;

    public void Scale(string id, ulong replicas) => Update(id, s => s.Replicated = new() { Replicas = replicas });

    public void Remove(ObjectKind kind, string id) => Store.Commit(c => c.Delete(kind, id));

    public void Change(string nodeId, Action<Node> change)
    {
        var node = Current.Nodes.Find(nodeId)!.Clone();
        change(node);
        node.Meta.UpdatedAt = Now.ToTimestamp();
        Store.Commit(c => c.Put(node));
    }

    public void Down(string nodeId) => Change(nodeId, n => n.Status.State = NodeState.Down);

    public void Up(string nodeId) => Change(nodeId, n => n.Status.State = NodeState.Ready);

    public void Drain(string nodeId) => Change(nodeId, n => n.Spec.Availability = NodeAvailability.Drain);

    public void Activate(string nodeId) => Change(nodeId, n => n.Spec.Availability = NodeAvailability.Active);

    public void Pause(string nodeId) => Change(nodeId, n => n.Spec.Availability = NodeAvailability.Pause);

    /// <summary>Containers of this image end so, instead of running.</summary>
    public void Ends(string image, TaskState outcome) => _outcomes[image] = outcome;

    public void Report(string taskId, TaskState state, string err = "") => Store.Commit(c => c.Put(Reported(Current.Tasks.Find(taskId)!, state, err)));

    // ---- running ---------------------------------------------------------------------------------------------

    /// <summary>The control loop and the nodes, until nothing moves. Fails when that never happens.</summary>
    public SwarmWorld Settle()
    {
        for (var round = 0; round < 500; round++)
        {
            if (!Batch() && !NodesWork()) return this;
        }
        Assert.Fail($"the swarm does not come to rest; at the end:\n{_trace}");
        return this;
    }

    /// <summary>One pass of the control loop; false when it wrote nothing.</summary>
    public bool Batch()
    {
        var plan = SwarmPlanner.Plan(Current, Now, _ids);
        if (plan.Changes.IsEmpty) return false;
        Store.CommitAsync(plan.Changes, null, CancellationToken.None).GetAwaiter().GetResult();
        if (Tracing) Trace(plan.Changes);
        return true;
    }

    public SwarmWorld Pass(double seconds)
    {
        var until = Now + TimeSpan.FromSeconds(seconds);
        Settle();
        while (SwarmPlanner.Plan(Current, Now, _ids).Wake is { } due && due <= until)
        {
            Assert.True(due > Now, $"due at {due:O}, which is not after {Now:O}: the loop would spin");
            Now = due;
            Settle();
        }
        Now = until;
        return Settle();
    }

    /// <summary>The leader's clock is set, or another leads, whose clock stands so.</summary>
    public void SetBack(TimeSpan by) => Now -= by;

    public bool NodesWork()
    {
        if (NodesIdle) return false;
        var changes = new Changes();
        foreach (var task in Tasks)
        {
            if (Current.Nodes.Find(task.NodeId)?.Status.State == NodeState.Ready && Next(task) is { } state) changes.Put(Reported(task, state, ""));
        }
        if (changes.IsEmpty) return false;
        Store.CommitAsync(changes, null, CancellationToken.None).GetAwaiter().GetResult();
        if (Tracing) Trace(changes);
        return true;
    }

    // ---- looking ---------------------------------------------------------------------------------------------

    /// <summary>What happened since the last look: a line for each task or update, `state/desired` as it became.</summary>
    public string TakeTrace()
    {
        var text = _trace.ToString();
        _trace.Clear();
        return text;
    }

    public SwarmTask TaskOf(string taskId) => Current.Tasks.Find(taskId)!;

    /// <summary>Like `docker service ps`: slot by slot, newest first.</summary>
    public string Ps(string service)
    {
        var lines = Current.TasksOfService(service)
            .OrderBy(t => t.Slot).ThenBy(t => t.Slot == 0 ? t.NodeId : "", StringComparer.Ordinal).ThenByDescending(t => int.Parse(t.Id[1..], CultureInfo.InvariantCulture))
            .Select(Line);
        return string.Join('\n', lines);
    }

    private TaskState? Next(SwarmTask task)
    {
        if (task.Status.State is < TaskState.Assigned or > TaskState.Running) return null;
        task = NodeView.AsToldOf(task);
        if (!task.IsWanted()) return TaskState.Shutdown;
        var outcome = _outcomes.GetValueOrDefault(task.Spec.Container.Image, TaskState.Running);
        if (task.Status.State < TaskState.Ready) return outcome == TaskState.Rejected ? TaskState.Rejected : TaskState.Ready;
        if (task.DesiredState < TaskState.Running || task.Status.State == TaskState.Running) return null;
        return outcome;
    }

    private SwarmTask Reported(SwarmTask task, TaskState state, string err)
    {
        var reported = task.Clone();
        reported.Status = new()
        {
            State = state,
            Timestamp = Now.ToTimestamp(),
            AppliedAt = Now.ToTimestamp(),
            Message = state.ToString().ToLowerInvariant(),
            Err = err,
            Healthy = state == TaskState.Running,
        };
        return reported;
    }

    private Meta NextMeta() => new() { CreatedAt = (Start - TimeSpan.FromHours(1) + TimeSpan.FromSeconds(_order++)).ToTimestamp() };

    private void Trace(Changes changes)
    {
        var time = string.Create(CultureInfo.InvariantCulture, $"{(Now - Start).TotalSeconds,4:0.##}s ");
        foreach (var change in changes.All.Where(c => c.Kind == ObjectKind.Service || c.Kind == ObjectKind.Task).OrderBy(c => c.Kind.Name, StringComparer.Ordinal).ThenBy(c => c.Id.Length).ThenBy(c => c.Id, StringComparer.Ordinal))
        {
            if (change.Object is Service { UpdateStatus: { } status }) _trace.Append(time).Append(change.Id).Append(": ").AppendLine(status.Message);
            else if (change.Object is SwarmTask task) _trace.Append(time).AppendLine(Line(task));
            else if (change.Kind == ObjectKind.Task) _trace.Append(time).Append(change.Id).AppendLine(" forgotten");
        }
    }

    private static string Line(SwarmTask task)
    {
        var place = task.Slot > 0 ? $"{task.ServiceId}.{task.Slot}" : task.ServiceId;
        var node = task.NodeId.Length > 0 ? $" on {task.NodeId}" : "";
        var err = task.Status.Err.Length > 0 ? $": {task.Status.Err}" : "";
        var open = task.Recall == TaskRecall.Open ? " until it is back" : "";
        return $"{task.Id} {place}{node} {task.Status.State}/{task.DesiredState}{open}{err}";
    }
}
