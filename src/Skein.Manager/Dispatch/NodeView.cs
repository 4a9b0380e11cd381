using System.Collections.Immutable;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Dispatch;

/// <summary>
/// What one node must do and know: its tasks; the networks of its live tasks and of its users' containers, and ingress; everything on those
/// networks.
/// </summary>
internal sealed record NodeView(
    ImmutableDictionary<string, SwarmTask> Tasks,
    ImmutableDictionary<string, OverlayNetwork> Networks,
    ImmutableDictionary<string, ImmutableDictionary<string, OverlayEndpoint>> Endpoints,
    ImmutableDictionary<string, OverlayService> Services)
{
    private ImmutableDictionary<string, ImmutableDictionary<string, OverlayService>> ServiceSources { get; init; } =
        ImmutableDictionary<string, ImmutableDictionary<string, OverlayService>>.Empty;

    public static readonly NodeView Empty = new(
        ImmutableDictionary.Create<string, SwarmTask>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, OverlayNetwork>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, ImmutableDictionary<string, OverlayEndpoint>>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, OverlayService>(StringComparer.Ordinal));

    /// <summary>The view as of an index; objects that mean the same to the node are taken over from this one.</summary>
    public NodeView Next(AssignmentIndex index, string nodeId)
    {
        var tasks = NextTasks(index, nodeId);
        var networks = PresentNetworks(index, nodeId, tasks);
        var sources = Pick(index.ServicesByNetwork, networks);
        return new(tasks, networks, Pick(index.EndpointsByNetwork, networks), NextServices(sources, networks)) { ServiceSources = sources };
    }

    private ImmutableDictionary<string, SwarmTask> NextTasks(AssignmentIndex index, string nodeId)
    {
        var next = ImmutableDictionary.CreateBuilder<string, SwarmTask>(StringComparer.Ordinal);
        // Before ASSIGNED a task with a node on it (a global service's) is still being given its place and its addresses.
        foreach (var task in index.Snapshot.TasksOfNode(nodeId).Where(t => t.Status?.State >= TaskState.Assigned).Select(AsToldOf))
            next[task.Id] = Tasks.TryGetValue(task.Id, out var told) && SameForNode(told, task) ? told : task;
        return next.ToImmutable();
    }

    /// <summary>While it is open whether a node that is back keeps a task, the task goes on: a node takes no stop back.</summary>
    public static SwarmTask AsToldOf(SwarmTask task)
    {
        if (task is not { Recall: TaskRecall.Open, DesiredState: TaskState.Shutdown }) return task;
        var told = task.Clone();
        told.DesiredState = told.Goal();
        return told;
    }

    /// <summary>
    /// A status comes from the node itself: sending it back would double the traffic. Only its end is told, so that a node
    /// that restarts does not start again what has failed.
    /// </summary>
    public static bool SameForNode(SwarmTask a, SwarmTask b) =>
        ReferenceEquals(a, b)
        || (a.DesiredState == b.DesiredState
            && a.IsTerminal() == b.IsTerminal()
            && a.SpecVersion == b.SpecVersion
            && a.NodeId == b.NodeId
            && a.ServiceId == b.ServiceId
            && a.Slot == b.Slot
            && Equals(a.StartAt, b.StartAt)
            && a.Networks.Equals(b.Networks)
            && Equals(a.Endpoint, b.Endpoint)
            && Equals(a.Annotations, b.Annotations)
            && Equals(a.ServiceAnnotations, b.ServiceAnnotations)
            && Equals(a.Spec, b.Spec));

    private static ImmutableDictionary<string, OverlayNetwork> PresentNetworks(
        AssignmentIndex index, string nodeId, ImmutableDictionary<string, SwarmTask> tasks)
    {
        var next = ImmutableDictionary.CreateBuilder<string, OverlayNetwork>(StringComparer.Ordinal);
        foreach (var network in index.Networks.Values.Where(n => n.Ingress)) next[network.Id] = network;
        foreach (var id in tasks.Values.Where(t => !t.IsTerminal()).SelectMany(t => t.Networks).Select(leg => leg.NetworkId).Concat(index.NetworksOfUsers[nodeId]))
        {
            if (index.Networks.TryGetValue(id, out var network)) next[network.Id] = network;
        }
        return next.ToImmutable();
    }

    private static ImmutableDictionary<string, ImmutableDictionary<string, T>> Pick<T>(
        ImmutableDictionary<string, ImmutableDictionary<string, T>> all, ImmutableDictionary<string, OverlayNetwork> networks)
    {
        var picked = ImmutableDictionary.CreateBuilder<string, ImmutableDictionary<string, T>>(StringComparer.Ordinal);
        foreach (var id in networks.Keys)
        {
            if (all.TryGetValue(id, out var table)) picked[id] = table;
        }
        return picked.ToImmutable();
    }

    private ImmutableDictionary<string, OverlayService> NextServices(
        ImmutableDictionary<string, ImmutableDictionary<string, OverlayService>> sources, ImmutableDictionary<string, OverlayNetwork> networks)
    {
        var same = sources.Count == ServiceSources.Count && networks.Count == Networks.Count
            && networks.Keys.All(Networks.ContainsKey)
            && sources.All(s => ServiceSources.GetValueOrDefault(s.Key) == s.Value);
        if (same) return Services;
        var next = ImmutableDictionary.CreateBuilder<string, OverlayService>(StringComparer.Ordinal);
        foreach (var service in sources.Values.SelectMany(t => t.Values))
        {
            if (next.ContainsKey(service.Id)) continue;
            var told = OnlyOn(service, networks);
            next[service.Id] = Services.TryGetValue(service.Id, out var old) && old.Equals(told) ? old : told;
        }
        return next.ToImmutable();
    }

    /// <summary>Without the addresses and names the service has on networks that are not on this node.</summary>
    private static OverlayService OnlyOn(OverlayService service, ImmutableDictionary<string, OverlayNetwork> networks)
    {
        if (service.VirtualIps.All(v => networks.ContainsKey(v.NetworkId)) && service.Aliases.All(a => networks.ContainsKey(a.NetworkId))) return service;
        var told = service.Clone();
        told.VirtualIps.Clear();
        told.VirtualIps.Add(service.VirtualIps.Where(v => networks.ContainsKey(v.NetworkId)));
        told.Aliases.Clear();
        told.Aliases.Add(service.Aliases.Where(a => networks.ContainsKey(a.NetworkId)));
        return told;
    }
}
