using Skein.Manager.Drafts;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Allocation;

/// <summary>A new task's legs: an address on each of its networks, or the reason there is none, tried again with each batch.</summary>
internal static class TaskAllocation
{
    public const string Allocated = "pending task scheduling";

    public static void Run(SwarmDraft draft, AddressBook book, string? ingressId)
    {
        foreach (var task in draft.TasksInTurn())
        {
            if (task.Value.State() != TaskState.New || !task.Value.IsWanted()) continue;
            if (draft.Service(task.Value.ServiceId)?.Value is { } service) Allocate(draft, task, service, book, ingressId);
        }
    }

    private static void Allocate(SwarmDraft draft, Drafted<SwarmTask> task, Service service, AddressBook book, string? ingressId)
    {
        var error = service.AllocationError;
        List<NetworkAttachment> legs = [];
        if (error.Length == 0) error = Attach(draft, task.Value, book, ingressId, legs);
        if (error.Length > 0)
        {
            Explain(draft, task, error);
            return;
        }
        draft.GivesOut |= legs.Count > 0;
        var edited = task.Edit();
        edited.Networks.Clear();
        edited.Networks.Add(legs);
        // The ports and addresses of the service, under the spec that the task was born with.
        var asked = edited.Endpoint?.Spec;
        edited.Endpoint = service.Endpoint?.Clone() ?? new();
        edited.Endpoint.Spec = asked ?? new();
        edited.Status = new() { State = TaskState.Pending, Timestamp = draft.Stamp, Message = Allocated };
    }

    private static string Attach(SwarmDraft draft, SwarmTask task, AddressBook book, string? ingressId, List<NetworkAttachment> legs)
    {
        foreach (var networkId in ServiceAllocation.NetworksOf(task.Spec, task.Endpoint?.Spec, ingressId))
        {
            var error = AttachTo(draft, task, networkId, book, legs);
            if (error.Length == 0) continue;
            foreach (var leg in legs) book.Pool(leg.NetworkId)?.Release(leg.Addresses);
            return error;
        }
        return "";
    }

    private static string AttachTo(SwarmDraft draft, SwarmTask task, string networkId, AddressBook book, List<NetworkAttachment> legs)
    {
        if (draft.Network(networkId) is null) return $"failed to retrieve network {networkId} while allocating task {task.Id}";
        if (book.Pool(networkId) is not { } pool) return $"network {networkId} attached to task {task.Id} not allocated yet";
        if (pool.Take() is not { } addresses)
            return $"failed to allocate network IP for task {task.Id} network {networkId}: could not find an available IP";
        var leg = new NetworkAttachment { NetworkId = networkId, Addresses = { addresses }, Mac = MacAddresses.Of(addresses) };
        if (task.Spec.Networks.FirstOrDefault(n => n.Target == networkId) is { } asked)
        {
            leg.Aliases.Add(asked.Aliases);
            leg.DriverOptions.Add(asked.DriverOptions);
        }
        legs.Add(leg);
        return "";
    }

    private static void Explain(SwarmDraft draft, Drafted<SwarmTask> task, string error)
    {
        if (task.Value.Status?.Err == error) return;
        var status = task.Edit().Status ??= new();
        status.Err = error;
        status.Timestamp = draft.Stamp;
    }
}
