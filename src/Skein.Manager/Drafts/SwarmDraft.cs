using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Drafts;

/// <summary>
/// The swarm as it will be after this batch. The stages edit it one after another, so that a task born in the first has its
/// addresses from the second and its node from the third, and all of it is written at once.
/// </summary>
/// <remarks>
/// Built anew for each batch in O(objects): nothing is carried from one batch to the next, so nothing can go stale and a new
/// leader decides as the old one would have. Objects are in order of creation, so that equal states give equal decisions: by the
/// store's count, since a leader's clock may be set back.
/// </remarks>
internal sealed class SwarmDraft
{
    /// <summary>
    /// The most objects one batch writes or makes. What is left over is in the next batch, which follows at once, planned from
    /// what this one left.
    /// </summary>
    public const int BatchSize = 2000;

    private readonly Dictionary<string, Drafted<Node>> _nodesById = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Drafted<Network>> _networksById = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Drafted<Service>> _servicesById = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Drafted<SwarmTask>>> _tasksByService = new(StringComparer.Ordinal);
    private readonly List<Drafted<SwarmTask>> _tasks;
    private readonly IReadOnlySet<string> _without;
    private readonly IIdSource _ids;

    /// <param name="without">Ids of services that have no turn.</param>
    public SwarmDraft(Snapshot stored, DateTimeOffset now, IIdSource ids, IReadOnlySet<string>? without = null)
    {
        _ids = ids;
        _without = without ?? Nobody;
        Now = now;
        Stamp = now.ToTimestamp();
        Cluster = stored.Cluster;
        Nodes = InOrder(stored.Nodes.All, n => n.Meta, n => n.Id);
        Networks = InOrder(stored.Networks.All, n => n.Meta, n => n.Id);
        Services = InOrder(stored.Services.All, s => s.Meta, s => s.Id);
        _tasks = InOrder(stored.Tasks.All, t => t.Meta, t => t.Id);
        Attachments = InOrder(stored.Attachments.All, a => a.Meta, a => a.Id);
        foreach (var node in Nodes) _nodesById[node.Value.Id] = node;
        foreach (var network in Networks) _networksById[network.Value.Id] = network;
        foreach (var service in Services) _servicesById[service.Value.Id] = service;
        foreach (var task in _tasks) Index(task);
    }

    private static IReadOnlySet<string> Nobody { get; } = new HashSet<string>();

    public DateTimeOffset Now { get; }

    /// <summary><see cref="Now"/> as the store keeps it.</summary>
    public Timestamp Stamp { get; }

    public Cluster? Cluster { get; }

    public IReadOnlyList<Drafted<Node>> Nodes { get; }

    public IReadOnlyList<Drafted<Network>> Networks { get; }

    public IReadOnlyList<Drafted<Service>> Services { get; }

    public IReadOnlyList<Drafted<SwarmTask>> Tasks => _tasks;

    /// <summary>Nodes make and end them; the leader takes those whose node is gone.</summary>
    public IReadOnlyList<Drafted<ContainerAttachment>> Attachments { get; }

    /// <summary>Addresses, ports or numbers were given, of which others may give at the same time.</summary>
    public bool GivesOut { get; set; }

    /// <summary>When time alone will change the outcome; null when only a newer snapshot can.</summary>
    public DateTimeOffset? Wake { get; private set; }

    /// <summary>The id of the service that is being planned, to which a failure is put down; empty between two.</summary>
    public string Turn { get; private set; } = "";

    public Node? Node(string id) => _nodesById.GetValueOrDefault(id)?.Value;

    public Network? Network(string id) => _networksById.GetValueOrDefault(id)?.Value;

    public Drafted<Service>? Service(string id) => _servicesById.GetValueOrDefault(id);

    public IReadOnlyList<Drafted<SwarmTask>> TasksOf(string serviceId) =>
        _tasksByService.TryGetValue(serviceId, out var tasks) ? tasks : [];

    /// <summary>Each that is to be planned, while it is its turn.</summary>
    public IEnumerable<Drafted<Service>> ServicesInTurn() => InTurn(Services, service => service.Value.Id);

    public IEnumerable<Drafted<SwarmTask>> TasksInTurn() => InTurn(_tasks, task => task.Value.ServiceId);

    /// <summary>Each of these, while it is its service's turn.</summary>
    public IEnumerable<T> InTurn<T>(IEnumerable<T> items, Func<T, string> serviceId)
    {
        foreach (var item in items)
        {
            if (_without.Contains(serviceId(item))) continue;
            Turn = serviceId(item);
            yield return item;
        }
        Turn = "";
    }

    public string NewId() => _ids.NewId();

    public Drafted<SwarmTask> Add(SwarmTask task)
    {
        task.Meta = new() { CreatedAt = Stamp };
        var drafted = new Drafted<SwarmTask>(task, null);
        _tasks.Add(drafted);
        Index(drafted);
        return drafted;
    }

    public void WakeAt(DateTimeOffset time)
    {
        if (Wake is null || time < Wake) Wake = time;
    }

    public Changes ToChanges()
    {
        var changes = new Changes();
        foreach (var network in Networks.Where(n => n.HasChanged)) changes.Put(Stamped(network, n => n.Meta ??= new()));
        foreach (var node in Nodes.Where(n => n.HasChanged)) changes.Put(Stamped(node, n => n.Meta ??= new()));
        foreach (var service in Services.Where(s => s.HasChanged)) changes.Put(Stamped(service, s => s.Meta ??= new()));
        foreach (var gone in Attachments.Where(a => a.IsDeleted).Take(BatchSize)) changes.Delete(ObjectKind.Attachment, gone.Value.Id, gone.Value.Meta?.Version);
        var bytes = 0;
        foreach (var task in _tasks.Where(t => t.HasChanged))
        {
            if (changes.All.Count >= BatchSize || bytes >= Changes.EnoughBytes) break;
            bytes += task.Value.CalculateSize();
            if (task.IsDeleted) changes.Delete(ObjectKind.Task, task.Value.Id, task.Value.Meta?.Version);
            else changes.Put(Stamped(task, t => t.Meta ??= new()));
        }
        return changes;
    }

    private T Stamped<T>(Drafted<T> drafted, Func<T, Meta> metaOf) where T : class, IMessage<T>
    {
        var value = drafted.Edit();
        metaOf(value).UpdatedAt = Stamp;
        return value;
    }

    private void Index(Drafted<SwarmTask> task)
    {
        if (task.Value.ServiceId.Length == 0) return;
        if (!_tasksByService.TryGetValue(task.Value.ServiceId, out var tasks)) _tasksByService[task.Value.ServiceId] = tasks = [];
        tasks.Add(task);
    }

    private static List<Drafted<T>> InOrder<T>(IEnumerable<T> objects, Func<T, Meta?> metaOf, Func<T, string> idOf) where T : class, IMessage<T>
    {
        var list = objects.Select(o => (Created: metaOf(o)?.CreatedVersion ?? 0, Id: idOf(o), Object: o)).ToList();
        list.Sort((a, b) => a.Created.CompareTo(b.Created) is var c and not 0 ? c : string.CompareOrdinal(a.Id, b.Id));
        return list.ConvertAll(o => new Drafted<T>(o.Object, o.Object));
    }
}
