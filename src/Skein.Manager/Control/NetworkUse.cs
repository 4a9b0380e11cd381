using Skein.Manager.Allocation;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;

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
        // Docker calls the attachment a task as well, and gives its id, by which nobody finds it.
        foreach (var attachment in snapshot.Attachments.All.Where(a => a.Leg.NetworkId == network.Id).OrderBy(a => a.Id, StringComparer.Ordinal))
        {
            var node = snapshot.Nodes.Find(attachment.NodeId)?.Description?.Hostname ?? attachment.NodeId;
            throw RpcError.FailedPrecondition($"network {network.Id} is in use by container {attachment.Names.FirstOrDefault()} on node {node}");
        }
    }

    /// <summary>
    /// The network that a service names. What the swarm does not have may be one of each host's own, which Docker's swarm lets
    /// services use, or refuses by another sentence than that of a network that is nowhere.
    /// </summary>
    public static Network ForService(Snapshot snapshot, string target)
    {
        try
        {
            return Finder.Find(snapshot, ObjectKind.Network, target);
        }
        catch (SkeinException e) when (e.Kind == ErrorKind.NotFound && target is "host" or "bridge" or "none" or KnownNetworks.GatewayBridge)
        {
            throw target is "host" or "bridge"
                ? SkeinException.NotImplemented($"tasks on the network \"{target}\" are not supported yet: use an overlay network")
                : new SkeinException(
                    ErrorKind.Forbidden,
                    $"The network {target} cannot be used with services. Only networks scoped to the swarm can be used, such as those created with the overlay driver.");
        }
    }

    public static void CheckSubnetsFree(Snapshot snapshot, NetworkSpec spec)
    {
        var taken = snapshot.Networks.All.SelectMany(n => Subnet.In(n.Ipam.Concat(n.Spec.Ipam))).ToList();
        foreach (var wanted in Subnet.In(spec.Ipam))
        {
            if (taken.Exists(t => t.Overlaps(wanted)))
                throw new SkeinException(ErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space");
            CheckRoutes(snapshot, wanted);
            taken.Add(wanted);
        }
    }

    /// <summary>One asked for by number; others are given a free one.</summary>
    public static void CheckVniFree(Snapshot snapshot, NetworkSpec spec)
    {
        if (!spec.DriverOptions.TryGetValue(NetworkSpecValidation.VniOption, out var text) || !NetworkSpecValidation.TryParseVni(text, out var vni)) return;
        if (snapshot.Networks.All.FirstOrDefault(n => n.Vni == vni || Asked(n) == text) is { } owner)
            throw SkeinException.Conflict($"could not assign vxlan id {vni}: the network {owner.Spec.Annotations.Name} has it");

        static string? Asked(Network network) => network.Spec.DriverOptions.TryGetValue(NetworkSpecValidation.VniOption, out var asked) ? asked : null;
    }

    private static void CheckRoutes(Snapshot snapshot, Subnet wanted)
    {
        var (subnet, node) = NodeSubnets.In(snapshot.Nodes.All).FirstOrDefault(s => s.Subnet.Overlaps(wanted));
        if (node is null) return;
        throw new SkeinException(
            ErrorKind.Forbidden, $"invalid pool request: {wanted} overlaps with {subnet}, which node {node.Description.Hostname} has a route to");
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
        task.IsWanted()
        && !task.IsTerminal()
        && (task.ServiceId.Length == 0 || snapshot.Services.Find(task.ServiceId) is not null)
        && (task.Networks.Any(n => n.NetworkId == networkId) || task.Spec?.Networks.Any(n => n.Target == networkId) == true);
}
