using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Control;

/// <summary>
/// Two services cannot take one port of the mesh. Ports published on the host may repeat: there the scheduler keeps
/// the tasks apart.
/// </summary>
internal static class PublishedPorts
{
    public static void CheckFree(Snapshot snapshot, ServiceSpec spec, string ownServiceId)
    {
        var wanted = (spec.Endpoint?.Ports ?? []).Where(p => p.PublishedPort != 0).ToLookup(p => (p.PublishedPort, p.Protocol), p => p.PublishMode);
        if (wanted.Count == 0) return;
        foreach (var service in snapshot.Services.All.Where(s => s.Id != ownServiceId).OrderBy(s => s.Id, StringComparer.Ordinal))
        {
            foreach (var taken in PortsOf(service)) CheckAgainst(service, taken, wanted[(taken.PublishedPort, taken.Protocol)]);
        }
    }

    private static void CheckAgainst(Service service, PortConfig taken, IEnumerable<PublishMode> wanted)
    {
        foreach (var mode in wanted)
        {
            if (taken.PublishMode == PublishMode.Host && mode == PublishMode.Host) continue;
            var how = taken.PublishMode == PublishMode.Host ? "a host-published port" : "an ingress port";
            throw RpcError.InvalidArgument(
                $"port '{taken.PublishedPort}' is already in use by service '{service.Spec.Annotations.Name}' ({service.Id}) as {how}");
        }
    }

    /// <summary>As wished and as allocated: a port given up by an update is free only when both have let go.</summary>
    private static IEnumerable<PortConfig> PortsOf(Service service) =>
        (service.Spec.Endpoint?.Ports ?? []).Concat(service.Endpoint?.Ports ?? []).Where(p => p.PublishedPort != 0);
}
