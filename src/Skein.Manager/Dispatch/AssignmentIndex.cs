using System.Collections.Immutable;
using Skein.Manager.Store;
using Skein.Model;
using Endpoints = System.Collections.Immutable.ImmutableDictionary<string, Skein.Model.OverlayEndpoint>;
using Services = System.Collections.Immutable.ImmutableDictionary<string, Skein.Model.OverlayService>;

namespace Skein.Manager.Dispatch;

/// <summary>
/// What nodes are told, by network, as of one snapshot; shared by all sessions. Each index is made from the one before: what
/// did not change is the same object, so a session finds its difference by comparing references.
/// </summary>
internal sealed class AssignmentIndex
{
    public static readonly AssignmentIndex Empty = new();

    public Snapshot Snapshot { get; private init; } = Snapshot.Empty;

    public ImmutableDictionary<string, OverlayNetwork> Networks { get; private init; } =
        ImmutableDictionary.Create<string, OverlayNetwork>(StringComparer.Ordinal);

    public ImmutableDictionary<string, Endpoints> EndpointsByNetwork { get; private init; } =
        ImmutableDictionary.Create<string, Endpoints>(StringComparer.Ordinal);

    public ImmutableDictionary<string, Services> ServicesByNetwork { get; private init; } =
        ImmutableDictionary.Create<string, Services>(StringComparer.Ordinal);

    /// <summary>Networks with legs of users' containers, by node.</summary>
    public ILookup<string, string> NetworksOfUsers { get; private init; } = Array.Empty<ContainerAttachment>().ToLookup(a => a.NodeId, a => a.Leg.NetworkId);

    public ManagerList Managers { get; private init; } = new();

    /// <summary>Running tasks that are to be reached no more, by id, with the revision from which on no assignments lead to them.</summary>
    public ImmutableDictionary<string, ulong> Draining { get; private init; } = ImmutableDictionary.Create<string, ulong>(StringComparer.Ordinal);

    /// <summary>By the id of the task, node or attachment whose legs they are.</summary>
    private ImmutableDictionary<string, EndpointOwner> EndpointOwners { get; init; } =
        ImmutableDictionary.Create<string, EndpointOwner>(StringComparer.Ordinal);

    private ImmutableDictionary<string, ServiceOwner> ServiceOwners { get; init; } =
        ImmutableDictionary.Create<string, ServiceOwner>(StringComparer.Ordinal);

    public AssignmentIndex Next(Snapshot snapshot)
    {
        var draining = Draining.ToBuilder();
        var (endpointOwners, endpoints) = NextEndpoints(snapshot, draining);
        var (serviceOwners, services) = NextServices(snapshot);
        return new()
        {
            Snapshot = snapshot,
            Networks = NextNetworks(snapshot),
            NetworksOfUsers = snapshot.Attachments == Snapshot.Attachments ? NetworksOfUsers : snapshot.Attachments.All.ToLookup(a => a.NodeId, a => a.Leg.NetworkId, StringComparer.Ordinal),
            Managers = snapshot.Nodes == Snapshot.Nodes ? Managers : ManagerPeers.Of(snapshot),
            EndpointOwners = endpointOwners,
            Draining = draining.ToImmutable(),
            EndpointsByNetwork = endpoints,
            ServiceOwners = serviceOwners,
            ServicesByNetwork = services,
        };
    }

    private ImmutableDictionary<string, OverlayNetwork> NextNetworks(Snapshot snapshot)
    {
        if (snapshot.Networks == Snapshot.Networks) return Networks;
        var next = Networks.ToBuilder();
        foreach (var id in Networks.Keys.Where(id => snapshot.Networks.Find(id) is null)) next.Remove(id);
        foreach (var network in snapshot.Networks.All.Where(n => n != Snapshot.Networks.Find(n.Id)))
        {
            var told = OverlayMapping.Network(network);
            if (told is null) next.Remove(network.Id);
            else if (!told.Equals(next.GetValueOrDefault(network.Id))) next[network.Id] = told;
        }
        return next.ToImmutable();
    }

    private (ImmutableDictionary<string, EndpointOwner>, ImmutableDictionary<string, Endpoints>) NextEndpoints(
        Snapshot snapshot, ImmutableDictionary<string, ulong>.Builder draining)
    {
        if (snapshot.Tasks == Snapshot.Tasks && snapshot.Nodes == Snapshot.Nodes && snapshot.Attachments == Snapshot.Attachments) return (EndpointOwners, EndpointsByNetwork);
        var owners = EndpointOwners.ToBuilder();
        var tables = new NetworkTables<OverlayEndpoint>(EndpointsByNetwork);
        var vteps = snapshot.Nodes.All.ToDictionary(n => n.Id, OverlayMapping.VtepOf, StringComparer.Ordinal);

        foreach (var (id, owner) in EndpointOwners)
        {
            if (snapshot.Tasks.Find(id) is not null || snapshot.Nodes.Find(id) is not null || snapshot.Attachments.Find(id) is not null) continue;
            Replace(owners, tables, id, owner, null);
            draining.Remove(id);
        }
        foreach (var node in snapshot.Nodes.All)
        {
            var old = owners.GetValueOrDefault(node.Id);
            if (old?.Source != node) Replace(owners, tables, node.Id, old, new(node, vteps[node.Id], [.. OverlayMapping.Endpoints(node, vteps[node.Id])]));
        }
        foreach (var task in snapshot.Tasks.All)
        {
            var old = owners.GetValueOrDefault(task.Id);
            var vtep = vteps.GetValueOrDefault(task.NodeId, "");
            if (old?.Source == task && old.Vtep == vtep) continue;
            Replace(owners, tables, task.Id, old, new(task, vtep, [.. OverlayMapping.Endpoints(task, vtep)]));
            // The first version seen of it: what is written to a task that drains already changes no balancer.
            if (!OverlayMapping.IsDraining(task)) draining.Remove(task.Id);
            else draining.TryAdd(task.Id, task.Meta?.Version ?? snapshot.Revision);
        }
        foreach (var attachment in snapshot.Attachments.All)
        {
            var old = owners.GetValueOrDefault(attachment.Id);
            var vtep = vteps.GetValueOrDefault(attachment.NodeId, "");
            // Found by its names while it runs and its node is heard.
            var ready = !attachment.Idle && snapshot.Nodes.Find(attachment.NodeId)?.Status?.State == NodeState.Ready;
            if (old?.Source == attachment && old.Vtep == vtep && old.Legs[0].Ready == ready) continue;
            Replace(owners, tables, attachment.Id, old, new(attachment, vtep, [OverlayMapping.Endpoint(attachment, vtep, ready)]));
        }
        return (owners.ToImmutable(), tables.ToImmutable());
    }

    private static void Replace(
        ImmutableDictionary<string, EndpointOwner>.Builder owners,
        NetworkTables<OverlayEndpoint> tables,
        string id,
        EndpointOwner? old,
        EndpointOwner? next)
    {
        foreach (var gone in old?.Legs ?? [])
        {
            if (next?.Legs.Any(l => l.Id == gone.Id) != true) tables.Remove(gone.NetworkId, gone.Id);
        }
        foreach (var leg in next?.Legs ?? []) tables.Set(leg.NetworkId, leg.Id, leg);
        if (next is null) owners.Remove(id);
        else owners[id] = next;
    }

    private (ImmutableDictionary<string, ServiceOwner>, ImmutableDictionary<string, Services>) NextServices(Snapshot snapshot)
    {
        if (snapshot.Services == Snapshot.Services) return (ServiceOwners, ServicesByNetwork);
        var owners = ServiceOwners.ToBuilder();
        var tables = new NetworkTables<OverlayService>(ServicesByNetwork);
        foreach (var (id, owner) in ServiceOwners.Where(o => snapshot.Services.Find(o.Key) is null))
        {
            foreach (var network in owner.Networks) tables.Remove(network, id);
            owners.Remove(id);
        }
        foreach (var service in snapshot.Services.All)
        {
            var old = owners.GetValueOrDefault(service.Id);
            if (old?.Source == service) continue;
            var next = new ServiceOwner(service, [.. OverlayMapping.NetworksOf(service)]);
            var told = OverlayMapping.Service(service);
            foreach (var network in (old?.Networks ?? []).Except(next.Networks)) tables.Remove(network, service.Id);
            foreach (var network in next.Networks) tables.Set(network, service.Id, told);
            owners[service.Id] = next;
        }
        return (owners.ToImmutable(), tables.ToImmutable());
    }

    private sealed record EndpointOwner(object Source, string Vtep, OverlayEndpoint[] Legs);

    private sealed record ServiceOwner(Service Source, string[] Networks);
}
