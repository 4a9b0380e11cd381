using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Swarm;

/// <summary>A task as GET /tasks shows it.</summary>
internal sealed record TaskJson
{
    public required string ID { get; init; }
    public required VersionIndexJson Version { get; init; }
    public required string CreatedAt { get; init; }
    public required string UpdatedAt { get; init; }
    public string? Name { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public required TaskSpecJson Spec { get; init; }
    public string? ServiceID { get; init; }
    public ulong? Slot { get; init; }
    public string? NodeID { get; init; }
    public required TaskStatusJson Status { get; init; }
    public required string DesiredState { get; init; }
    public IReadOnlyList<TaskAttachmentJson>? NetworksAttachments { get; init; }
    public IReadOnlyList<GenericResourceJson>? GenericResources { get; init; }
    public JobIterationJson? JobIteration { get; init; }

    internal sealed record TaskStatusJson(
        string Timestamp, string State, string Message, string? Err, ContainerStatusJson? ContainerStatus, PortStatusJson PortStatus);

    internal sealed record ContainerStatusJson(string ContainerID, int PID, int ExitCode);

    internal sealed record PortStatusJson(IReadOnlyList<ServiceSpecJson.PortJson>? Ports);

    internal sealed record TaskAttachmentJson(SwarmNetworkJson Network, IReadOnlyList<string> Addresses);

    public static string StateName(TaskState state) => state.ToString().ToLowerInvariant();

    public static TaskJson From(SwarmTask task, Snapshot snapshot) => new()
    {
        ID = task.Id,
        Version = VersionIndexJson.From(task.Meta),
        CreatedAt = GoTime.Format(task.Meta?.CreatedAt),
        UpdatedAt = GoTime.Format(task.Meta?.UpdatedAt),
        Labels = task.Annotations?.Labels.ToDictionary() ?? [],
        Spec = ServiceSpecWriter.WriteTask(task.Spec),
        ServiceID = task.ServiceId.Length == 0 ? null : task.ServiceId,
        Slot = task.Slot == 0 ? null : task.Slot,
        NodeID = task.NodeId.Length == 0 ? null : task.NodeId,
        Status = WriteStatus(task.Status ?? new SwarmTaskStatus(), task.IsWanted() ? "" : task.Note),
        DesiredState = StateName(task.DesiredState),
        GenericResources = GenericResourceJson.Of(task.GenericResources),
        JobIteration = task.JobIteration is { } iteration ? JobIterationJson.Of(iteration) : null,
        NetworksAttachments = task.Networks.Count == 0 ? null : [.. task.Networks.Select(a => WriteAttachment(a, snapshot))],
    };

    private static TaskStatusJson WriteStatus(SwarmTaskStatus status, string note) => new(
        GoTime.Format(status.Timestamp),
        StateName(status.State),
        status.Message,
        (status.Err, note) switch { ({ Length: > 0 } err, _) => err, (_, { Length: > 0 } why) => why, _ => null },
        status.Container is { } container ? new ContainerStatusJson(container.ContainerId, container.Pid, container.ExitCode) : null,
        new PortStatusJson(status.HostPorts.Count == 0 ? null : [.. status.HostPorts.Select(ServiceSpecWriter.WritePort)]));

    private static TaskAttachmentJson WriteAttachment(NetworkAttachment attachment, Snapshot snapshot) =>
        new(SwarmNetworkJson.From(snapshot.Networks.Find(attachment.NetworkId) ?? new Network { Id = attachment.NetworkId }), attachment.Addresses);
}
