using System.Text.Json.Serialization;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Swarm;

/// <summary>A service as GET /services shows it.</summary>
internal sealed record ServiceJson
{
    public required string ID { get; init; }
    public required VersionIndexJson Version { get; init; }
    public required string CreatedAt { get; init; }
    public required string UpdatedAt { get; init; }
    public required ServiceSpecJson Spec { get; init; }
    public ServiceSpecJson? PreviousSpec { get; init; }
    public required EndpointJson Endpoint { get; init; }
    public UpdateStatusJson? UpdateStatus { get; init; }
    public ServiceStatusJson? ServiceStatus { get; init; }
    public JobStatusJson? JobStatus { get; init; }

    internal sealed record EndpointJson(
        ServiceSpecJson.EndpointSpecJson Spec,
        IReadOnlyList<ServiceSpecJson.PortJson>? Ports,
        IReadOnlyList<VipJson>? VirtualIPs);

    internal sealed record VipJson(string NetworkID, string Addr);

    internal sealed record UpdateStatusJson(string State, string? StartedAt, string? CompletedAt, string Message);

    internal sealed record JobStatusJson(JobIterationJson JobIteration, string LastExecution);

    internal sealed record ServiceStatusJson(ulong RunningTasks, ulong DesiredTasks, ulong CompletedTasks);

    public static ServiceJson From(Service service, Snapshot? withStatus) => new()
    {
        ID = service.Id,
        Version = VersionIndexJson.From(service.Meta),
        CreatedAt = GoTime.Format(service.Meta?.CreatedAt),
        UpdatedAt = GoTime.Format(service.Meta?.UpdatedAt),
        Spec = ServiceSpecWriter.Write(service.Spec),
        PreviousSpec = service.PreviousSpec is { } previous ? ServiceSpecWriter.Write(previous) : null,
        Endpoint = WriteEndpoint(service.Endpoint, service.Spec.Endpoint),
        UpdateStatus = service.UpdateStatus is { State: not UpdateState.None } update ? WriteUpdate(update) : null,
        JobStatus = service.JobStatus is { } job ? new(JobIterationJson.Of(job.Iteration), GoTime.Format(job.LastExecution)) : null,
        ServiceStatus = withStatus is null ? null : Count(service, withStatus),
    };

    /// <param name="asked">Null where the spec names no endpoint: Docker then shows no mode either.</param>
    private static EndpointJson WriteEndpoint(ServiceEndpoint? endpoint, EndpointSpec? asked) => endpoint is null
        ? new EndpointJson(new ServiceSpecJson.EndpointSpecJson(), null, null)
        : new EndpointJson(
            endpoint.Spec is null || asked is null ? new ServiceSpecJson.EndpointSpecJson() : ServiceSpecWriter.WriteEndpoint(endpoint.Spec),
            endpoint.Ports.Count == 0 ? null : [.. endpoint.Ports.Select(ServiceSpecWriter.WritePort)],
            endpoint.VirtualIps.Count == 0 ? null : [.. endpoint.VirtualIps.SelectMany(v => v.Addresses.Select(a => new VipJson(v.NetworkId, a)))]);

    private static UpdateStatusJson WriteUpdate(UpdateStatus update) => new(
        StateName(update.State),
        update.StartedAt is null ? null : GoTime.Format(update.StartedAt),
        update.CompletedAt is null ? null : GoTime.Format(update.CompletedAt),
        update.Message);

    internal static string StateName(UpdateState state) => state switch
    {
        UpdateState.Updating => "updating",
        UpdateState.Paused => "paused",
        UpdateState.Completed => "completed",
        UpdateState.RollbackStarted => "rollback_started",
        UpdateState.RollbackPaused => "rollback_paused",
        UpdateState.RollbackCompleted => "rollback_completed",
        _ => "",
    };

    /// <summary>Docker's counts: running ones on nodes that are not down, of those that are wanted.</summary>
    private static ServiceStatusJson Count(Service service, Snapshot snapshot)
    {
        ulong running = 0, desired = 0, completed = 0;
        foreach (var task in snapshot.TasksOfService(service.Id))
        {
            if (task.JobIteration != service.JobStatus?.Iteration) continue;
            if (task.Status?.State == TaskState.Complete) completed++;
            if (!task.IsWanted() || task is { JobIteration: not null, Status.State: TaskState.Complete }) continue;
            desired++;
            if (task.Status?.State == TaskState.Running && snapshot.Nodes.Find(task.NodeId)?.Status?.State != NodeState.Down) running++;
        }
        desired = service.Spec.Replicated?.Replicas ?? service.Spec.ReplicatedJob?.MaxConcurrent ?? desired;
        return new ServiceStatusJson(running, desired, completed);
    }
}

internal sealed record ServiceCreatedJson(
    string ID,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<string>? Warnings);

/// <summary>Clients read the list without asking whether it is there.</summary>
internal sealed record ServiceUpdatedJson([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<string>? Warnings);
