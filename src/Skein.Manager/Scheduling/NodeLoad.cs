using Skein.Manager.Drafts;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Scheduling;

/// <summary>A node with what its tasks take of it.</summary>
internal sealed class NodeLoad(Node node)
{
    private readonly Dictionary<string, int> _activeByService = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Service, ulong Version), int> _failures = [];
    private readonly HashSet<(PortProtocol, uint)> _hostPorts = [];

    public Node Node { get; } = node;

    /// <summary>Tasks on it that are wanted.</summary>
    public int Active { get; private set; }

    public long FreeNanoCpus { get; private set; } = node.Description?.Resources?.NanoCpus ?? 0;

    public long FreeMemoryBytes { get; private set; } = node.Description?.Resources?.MemoryBytes ?? 0;

    public FreeResources FreeGeneric { get; } = new(node.Description?.Resources?.Generic ?? Enumerable.Empty<GenericResource>());

    public int ActiveOf(string serviceId) => _activeByService.GetValueOrDefault(serviceId);

    public int FailuresOf(SwarmTask task) => _failures.GetValueOrDefault((task.ServiceId, task.SpecVersion));

    public bool HasHostPort(PortConfig port) => _hostPorts.Contains((port.Protocol, port.PublishedPort));

    /// <summary>A task on its way out still takes its resources and ports until it has ended.</summary>
    public void Add(SwarmTask task)
    {
        if (task.IsWanted() && task.State() != TaskState.Complete)
        {
            Active++;
            _activeByService[task.ServiceId] = ActiveOf(task.ServiceId) + 1;
        }
        if (task.Spec?.Resources?.Reservations is { } reserved)
        {
            FreeNanoCpus -= reserved.NanoCpus;
            FreeMemoryBytes -= reserved.MemoryBytes;
        }
        FreeGeneric.Take(task.GenericResources);
        foreach (var port in HostPorts(task)) _hostPorts.Add((port.Protocol, port.PublishedPort));
    }

    public void AddFailure(SwarmTask task)
    {
        var key = (task.ServiceId, task.SpecVersion);
        _failures[key] = _failures.GetValueOrDefault(key) + 1;
    }

    public static IEnumerable<PortConfig> HostPorts(SwarmTask task) =>
        task.Endpoint?.Ports.Where(p => p.PublishMode == PublishMode.Host && p.PublishedPort != 0) ?? [];
}
