using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Dispatch;

/// <summary>From what the store keeps to what nodes are told: the rules of when an endpoint exists and when it is ready.</summary>
internal static class OverlayMapping
{
    private const int ShortId = 12;

    /// <summary>null until the leader has given it a VNI: there is nothing to build yet.</summary>
    public static OverlayNetwork? Network(Network network)
    {
        if (network.Vni == 0) return null;
        var told = new OverlayNetwork
        {
            Id = network.Id,
            Name = network.Spec.Annotations?.Name ?? "",
            Vni = network.Vni,
            Internal = network.Spec.Internal,
            Ingress = network.Spec.Ingress,
            Attachable = network.Spec.Attachable,
            Ipv6Enabled = network.Spec.Ipv6Enabled,
            CreatedAt = network.Meta?.CreatedAt,
        };
        told.Ipam.Add(network.Ipam);
        told.DriverOptions.Add(network.Spec.DriverOptions);
        told.Labels.Add(network.Spec.Annotations?.Labels ?? []);
        return told;
    }

    /// <summary>
    /// One per leg, from the moment the task is assigned until its container has ended: the tunnel must lead to it before it
    /// starts and as long as it stops. From its end on its addresses may be another's.
    /// </summary>
    public static IEnumerable<OverlayEndpoint> Endpoints(SwarmTask task, string vtep)
    {
        if (task.NodeId.Length == 0 || task.IsTerminal()) yield break;
        foreach (var leg in task.Networks.Where(n => n.Addresses.Count > 0))
        {
            var endpoint = Leg(leg, task.Id, task.NodeId, vtep);
            endpoint.TaskId = task.Id;
            endpoint.ServiceId = task.ServiceId;
            endpoint.TaskName = task.Annotations?.Name ?? "";
            endpoint.Ready = task.IsReady();
            endpoint.Slot = task.Slot;
            endpoint.OwnNames.Add(OwnNames(task));
            yield return endpoint;
        }
    }

    /// <summary>It was ready and will not be again: told to stop, or given up by its health check.</summary>
    public static bool IsDraining(SwarmTask task) => task.Status is { State: TaskState.Running } && task.NodeId.Length > 0 && !task.IsReady();

    /// <summary>A container calls itself by its short id unless its service gives it a hostname, and clustered programs tell others what they are called.</summary>
    private static IEnumerable<string> OwnNames(SwarmTask task)
    {
        if (task.Status?.Container?.ContainerId is { Length: >= ShortId } id) yield return id[..ShortId];
        if (task.Spec?.Container?.Hostname is { Length: > 0 } hostname) yield return hostname;
    }

    /// <summary>The node's own leg on the ingress network; it answers no name and takes no connections, so it is never ready.</summary>
    public static IEnumerable<OverlayEndpoint> Endpoints(Node node, string vtep)
    {
        if (node.Ingress is { Addresses.Count: > 0 } leg) yield return Leg(leg, node.Id, node.Id, vtep);
    }

    /// <summary>A user's container's leg.</summary>
    /// <param name="ready">It is found by its names.</param>
    public static OverlayEndpoint Endpoint(ContainerAttachment attachment, string vtep, bool ready)
    {
        var endpoint = Leg(attachment.Leg, attachment.Id, attachment.NodeId, vtep);
        endpoint.Id = attachment.Id;
        endpoint.Ready = ready;
        endpoint.OwnNames.Add(attachment.Names);
        return endpoint;
    }

    public static string VtepOf(Node node) => node.Vtep.Length > 0 ? node.Vtep : node.Status?.Addr ?? "";

    public static OverlayService Service(Service service)
    {
        var told = new OverlayService
        {
            Id = service.Id,
            Name = service.Spec.Annotations?.Name ?? "",
            Mode = service.Endpoint?.Spec?.Mode ?? service.Spec.Endpoint?.Mode ?? EndpointMode.Vip,
        };
        told.VirtualIps.Add(service.Endpoint?.VirtualIps ?? []);
        told.Ports.Add(service.Endpoint?.Ports ?? []);
        foreach (var attachment in (service.Spec.Task?.Networks ?? []).Where(n => n.Aliases.Count > 0))
        {
            var alias = new ServiceAlias { NetworkId = attachment.Target };
            alias.Names.Add(attachment.Aliases);
            told.Aliases.Add(alias);
        }
        return told;
    }

    /// <summary>Networks on which the service can be spoken to; ingress by its virtual address.</summary>
    public static IEnumerable<string> NetworksOf(Service service) =>
        (service.Spec.Task?.Networks ?? []).Select(n => n.Target)
        .Concat((service.Endpoint?.VirtualIps ?? []).Select(v => v.NetworkId))
        .Distinct(StringComparer.Ordinal);

    private static OverlayEndpoint Leg(NetworkAttachment leg, string owner, string nodeId, string vtep)
    {
        var endpoint = new OverlayEndpoint
        {
            Id = $"{owner}/{leg.NetworkId}",
            NetworkId = leg.NetworkId,
            Mac = leg.Mac,
            NodeId = nodeId,
            Vtep = vtep,
        };
        endpoint.Addresses.Add(leg.Addresses);
        return endpoint;
    }
}
