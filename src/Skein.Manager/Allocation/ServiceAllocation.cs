using Skein.Manager.Drafts;
using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>The endpoint of each service: its ports, and a virtual address on each of its networks unless it is dnsrr.</summary>
internal static class ServiceAllocation
{
    /// <summary>Docker's words for a network with no address left.</summary>
    private const string NoAddress = "could not find an available IP while allocating VIP";

    /// <param name="of">This one alone; null = all.</param>
    public static void Run(SwarmDraft draft, AddressBook book, string? ingressId, string? of = null)
    {
        PortAllocation? ports = null;
        foreach (var service in draft.ServicesInTurn())
        {
            if (of is not null && service.Value.Id != of) continue;
            if (service.Value.Spec is null || IsSettled(draft, service.Value, ingressId)) continue;
            ports ??= new(draft);
            Allocate(draft, service, book, ports, ingressId);
        }
    }

    /// <summary>The networks a task of the service has legs on, ingress first.</summary>
    public static IEnumerable<string> NetworksOf(TaskSpec? task, EndpointSpec? endpoint, string? ingressId)
    {
        if (ingressId is not null && UsesIngress(endpoint)) yield return ingressId;
        foreach (var attachment in task?.Networks ?? []) yield return attachment.Target;
    }

    private static bool UsesIngress(EndpointSpec? endpoint) => endpoint?.Ports.Any(p => p.PublishMode == PublishMode.Ingress) == true;

    private static IEnumerable<string> VipNetworks(Service service, string? ingressId) =>
        service.Spec.Endpoint?.Mode == EndpointMode.Dnsrr ? [] : NetworksOf(service.Spec.Task, service.Spec.Endpoint, ingressId).Distinct();

    private static bool IsSettled(SwarmDraft draft, Service service, string? ingressId) =>
        service.Endpoint is { } endpoint
        && service.AllocationError.Length == 0
        && (endpoint.Spec ?? new()).Equals(service.Spec.Endpoint ?? new())
        && PortAllocation.IsSettled(service)
        && endpoint.VirtualIps.Select(v => v.NetworkId).SequenceEqual(VipNetworks(service, ingressId))
        && endpoint.VirtualIps.All(v => v.Addresses.Count > 0 && draft.Network(v.NetworkId) is not null);

    private static void Allocate(SwarmDraft draft, Drafted<Service> service, AddressBook book, PortAllocation ports, string? ingressId)
    {
        draft.GivesOut = true;
        var error = ports.Allocate(service.Value, out var given);
        var vips = AllocateVips(draft, service.Value, book, ingressId, ref error);
        var edited = service.Edit();
        edited.AllocationError = error;
        // What could be given is kept, so that it need not be found again; tasks wait for the rest.
        edited.Endpoint = new() { Spec = edited.Spec.Endpoint?.Clone() ?? new() };
        edited.Endpoint.Ports.Add(given);
        edited.Endpoint.VirtualIps.Add(vips);
    }

    private static List<VirtualIp> AllocateVips(SwarmDraft draft, Service service, AddressBook book, string? ingressId, ref string error)
    {
        var vips = new List<VirtualIp>();
        foreach (var networkId in VipNetworks(service, ingressId))
        {
            if (draft.Network(networkId) is null) error = First(error, $"network {networkId} not found");
            else if (book.Pool(networkId) is not { } pool) error = First(error, $"network {networkId} has no subnet yet");
            else if (service.Endpoint?.VirtualIps.FirstOrDefault(v => v.NetworkId == networkId) is { } has && pool.Owns(has.Addresses)) vips.Add(has.Clone());
            else if (pool.TakeVirtual() is not { } addresses) error = First(error, NoAddress);
            else vips.Add(new() { NetworkId = networkId, Addresses = { addresses } });
        }
        return vips;
    }

    private static string First(string earlier, string later) => earlier.Length > 0 ? earlier : later;
}
