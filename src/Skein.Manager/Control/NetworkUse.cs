using Skein.Manager.Allocation;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Control;

/// <summary>Who stands in the way of a network: its users when it goes, its neighbours' subnets when it comes.</summary>
internal static class NetworkUse
{
    public static void CheckUnused(Snapshot snapshot, Network network)
    {
        if (network.Spec.Ingress) CheckIngressUnused(snapshot);
        foreach (var service in snapshot.Services.All.OrderBy(s => s.Id, StringComparer.Ordinal))
        {
            if (service.Spec.Task?.Networks.Any(n => n.Target == network.Id) == true)
                throw RpcError.FailedPrecondition($"network {network.Id} is in use by service {service.Id}");
        }
        foreach (var task in snapshot.Tasks.All.Where(t => Holds(snapshot, t, network.Id)).OrderBy(t => t.Id, StringComparer.Ordinal))
            throw RpcError.FailedPrecondition($"network {network.Id} is in use by task {task.Id}");
    }

    public static void CheckSubnetsFree(Snapshot snapshot, NetworkSpec spec)
    {
        var taken = snapshot.Networks.All.SelectMany(n => Subnet.In(n.Ipam.Concat(n.Spec.Ipam))).ToList();
        foreach (var wanted in Subnet.In(spec.Ipam))
        {
            if (taken.Exists(t => t.Overlaps(wanted)))
                throw new SkeinException(ErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space");
            taken.Add(wanted);
        }
    }

    public static bool NeedsIngress(ServiceSpec spec) =>
        spec.Endpoint is { Mode: EndpointMode.Vip } endpoint && endpoint.Ports.Any(p => p.PublishMode == PublishMode.Ingress);

    private static void CheckIngressUnused(Snapshot snapshot)
    {
        foreach (var service in snapshot.Services.All.Where(s => NeedsIngress(s.Spec)).OrderBy(s => s.Id, StringComparer.Ordinal))
            throw RpcError.FailedPrecondition($"ingress network cannot be removed because service {service.Id} depends on it");
    }

    /// <summary>
    /// A task that is leaving holds nothing. One whose service is gone is leaving, even if the orchestrator has not said so
    /// yet: `stack rm` removes a network right after its services.
    /// </summary>
    private static bool Holds(Snapshot snapshot, SwarmTask task, string networkId) =>
        task.DesiredState <= TaskState.Running
        && !task.IsTerminal()
        && (task.ServiceId.Length == 0 || snapshot.Services.Find(task.ServiceId) is not null)
        && (task.Networks.Any(n => n.NetworkId == networkId) || task.Spec?.Networks.Any(n => n.Target == networkId) == true);
}
