using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Session;
using Skein.Model;

namespace Skein.Agent.Dns;

/// <summary>The names of every network present on the node, made from one state of the assignments, and of those that are its own.</summary>
/// <remarks>
/// A service's name stands for its VIP, or for its tasks in mode dnsrr; tasks.NAME always for its tasks; aliases as the name.
/// Only ready tasks count: a service without one has no name, as in Docker. Users' containers are found by their own names and aliases.
/// Names of the ingress network are nobody's.
/// </remarks>
internal sealed class NameIndex
{
    public static readonly IReadOnlyDictionary<string, NetworkNames> NoNetworks = ImmutableDictionary<string, NetworkNames>.Empty;

    public static readonly NameIndex Empty = new(NodeAssignments.Empty);

    private readonly Dictionary<string, NetworkNames> _networks = new(StringComparer.Ordinal);
    private readonly NodeAssignments _source;
    private readonly IReadOnlyDictionary<string, NetworkNames> _ofHost;

    public NameIndex(NodeAssignments source)
        : this(source, NoNetworks)
    {
    }

    /// <param name="ofHost">Names of the host's own networks, by their ids.</param>
    public NameIndex(NodeAssignments source, IReadOnlyDictionary<string, NetworkNames> ofHost)
    {
        (_source, _ofHost) = (source, ofHost);
        foreach (var network in source.Networks.Values)
        {
            if (!network.Ingress) _networks[network.Id] = new NetworkNames(network.Name);
        }
        var ready = source.Endpoints.Values
            .Where(e => e.Ready && e.TaskId.Length > 0)
            .OrderBy(e => e.Slot).ThenBy(e => e.Id, StringComparer.Ordinal);
        foreach (var endpoint in ready) AddEndpoint(endpoint);
        AddContainers([.. source.Endpoints.Values.Where(e => e.Ready && e.TaskId.Length == 0).OrderBy(e => e.Id, StringComparer.Ordinal)]);
    }

    /// <summary>Whether an index of this state would be the same as this one.</summary>
    public bool IsOf(NodeAssignments other, IReadOnlyDictionary<string, NetworkNames> ofHost) =>
        ReferenceEquals(_ofHost, ofHost)
        && ReferenceEquals(_source.Networks, other.Networks)
        && ReferenceEquals(_source.Endpoints, other.Endpoints)
        && ReferenceEquals(_source.Services, other.Services);

    public NetworkNames? Network(string id) => _networks.GetValueOrDefault(id) ?? _ofHost.GetValueOrDefault(id);

    private void AddEndpoint(OverlayEndpoint endpoint)
    {
        if (!_networks.TryGetValue(endpoint.NetworkId, out var names)) return;
        var service = _source.Services.GetValueOrDefault(endpoint.ServiceId);
        string[] serviceNames = service is null ? [] : [service.Name, .. AliasesOn(service, endpoint.NetworkId)];
        var virtualIps = service is null ? [] : VirtualIpsOn(service, endpoint.NetworkId);
        foreach (var address in OverlayAddress.ParseAll(endpoint.Addresses))
        {
            foreach (var own in endpoint.OwnNames.Prepend(endpoint.TaskName)) names.Add(own, address);
            names.AddReverse(address, endpoint.TaskName);
            foreach (var name in serviceNames)
            {
                names.Add("tasks." + name, address);
                if (virtualIps.Length == 0) names.Add(name, address);
            }
        }
        foreach (var vip in virtualIps)
        {
            names.AddVirtual(vip);
            foreach (var name in serviceNames) names.Add(name, vip);
            names.AddReverse(vip, service!.Name);
        }
    }

    /// <summary>
    /// Users' containers, which any node may call as it likes: no name of a service or a task leads to them, also while there is nobody ready.
    /// </summary>
    private void AddContainers(IReadOnlyList<OverlayEndpoint> containers)
    {
        if (containers.Count == 0) return;
        var taken = TakenNames().ToHashSet();
        foreach (var endpoint in containers)
        {
            if (!_networks.TryGetValue(endpoint.NetworkId, out var names)) continue;
            var free = endpoint.OwnNames.Where(name => !taken.Contains((endpoint.NetworkId, name.ToLowerInvariant()))).ToList();
            foreach (var address in OverlayAddress.ParseAll(endpoint.Addresses))
            {
                foreach (var name in free) names.Add(name, address);
                if (free.Count > 0) names.AddReverse(address, free[0]);
            }
        }
    }

    private IEnumerable<(string NetworkId, string Name)> TakenNames()
    {
        var ofTasks = _source.Endpoints.Values.Where(e => e.TaskId.Length > 0).ToLookup(e => e.ServiceId);
        var ofServices = _source.Services.Values
            .SelectMany(service => NetworksOf(service, ofTasks[service.Id]).SelectMany(id => AliasesOn(service, id).Append(service.Name).Select(name => (id, name))));
        var own = ofTasks.SelectMany(tasks => tasks).SelectMany(e => e.OwnNames.Append(e.TaskName).Select(name => (e.NetworkId, name)));
        return ofServices.Concat(own).SelectMany(taken => new[] { taken, (taken.Item1, "tasks." + taken.Item2) }).Select(taken => (taken.Item1, taken.Item2.ToLowerInvariant()));
    }

    private static IEnumerable<string> NetworksOf(OverlayService service, IEnumerable<OverlayEndpoint> tasks) =>
        service.VirtualIps.Select(vip => vip.NetworkId).Concat(service.Aliases.Select(alias => alias.NetworkId)).Concat(tasks.Select(task => task.NetworkId)).Distinct();

    private static IEnumerable<string> AliasesOn(OverlayService service, string networkId) =>
        service.Aliases.Where(a => a.NetworkId == networkId).SelectMany(a => a.Names);

    private static ImmutableArray<IPAddress> VirtualIpsOn(OverlayService service, string networkId) =>
        service.Mode == EndpointMode.Dnsrr
            ? []
            : [.. service.VirtualIps.Where(v => v.NetworkId == networkId).SelectMany(v => OverlayAddress.ParseAll(v.Addresses))];
}
