using System.Security.Cryptography;
using System.Text;
using Skein.Agent.Bridges;
using Skein.Agent.Containers;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.NodeLife;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Networks;

/// <summary>
/// The networks as this host sees them: its own (bridges with docker_gwbridge, host, none), and the swarm's: all of them on a manager,
/// those its tasks use on a worker, as Docker does.
/// </summary>
internal sealed class NetworkCatalog(
    EngineIdentity identity,
    ISwarmNode swarm,
    AssignmentState assignments,
    ITaskNetworking networking,
    ContainerLegs legs,
    IHostNetworks bridges,
    IContainerEngine containers,
    TimeProvider time)
{
    private const string IngressSandbox = "gateway_ingress-sbox";

    private readonly string _created = GoTime.Format(time.GetUtcNow());

    public IReadOnlyList<NetworkJson> List()
    {
        var local = new[] { LocalNetwork("host", "host"), LocalNetwork("none", "null") };
        return [.. bridges.All.Select(From), .. local, .. Overlays()];
    }

    /// <summary>Of a network that a container of this host is on: one that is not the host's own is the swarm's.</summary>
    public string DriverOf(string id) => bridges.All.FirstOrDefault(own => own.Id == id) is { } own ? DriverOf(own) : "overlay";

    private static string DriverOf(LocalNetwork network) => network.Driver.Length > 0 ? network.Driver : "bridge";

    /// <summary>By id, name, or unique id prefix.</summary>
    public NetworkJson Find(string idOrName)
    {
        var all = List();
        if (all.FirstOrDefault(n => n.Id == idOrName) is { } exact) return exact;
        var named = all.Where(n => n.Name == idOrName).ToList();
        if (named.Count == 1) return named[0];
        if (named.Count > 1) throw SkeinException.Invalid($"network {idOrName} is ambiguous ({named.Count} matches found on name)");
        var prefixed = all.Where(n => n.Id.StartsWith(idOrName, StringComparison.Ordinal)).ToList();
        return prefixed.Count switch
        {
            1 => prefixed[0],
            0 => throw SkeinException.NotFound($"network {idOrName} not found"),
            _ => throw SkeinException.Invalid($"network {idOrName} is ambiguous ({prefixed.Count} matches found based on ID prefix)"),
        };
    }

    /// <summary>One that a container shall be on. A worker knows none of the swarm's before it is on it: a manager decides.</summary>
    /// <returns>null for one that only a manager may know.</returns>
    public NetworkJson? FindToJoin(string idOrName)
    {
        try
        {
            return Find(idOrName);
        }
        catch (SkeinException unknown) when (unknown.Kind == ErrorKind.NotFound && swarm is { Control: null, State: not LocalNodeState.Inactive })
        {
            return null;
        }
    }

    /// <summary>With the containers on this host, the peers, and (verbose) the services and their tasks.</summary>
    public NetworkJson Inspect(string idOrName, bool verbose)
    {
        var network = Find(idOrName);
        var detailed = network with { Containers = ContainersOn(network) };
        if (network.Driver != "overlay") return detailed;
        var peers = Peers(network.Id);
        return detailed with { Peers = peers.Count == 0 ? null : peers, Services = verbose ? Services(network) : null };
    }

    /// <summary>A service, a task or a container on this host is on it.</summary>
    public bool InUse(NetworkJson network) =>
        ContainersOn(network).Count > 0
        || swarm.Control?.Snapshot is { } seen && (
            seen.Services.All.Any(s => s.Spec.Task?.Networks.Any(n => n.Target == network.Id) == true)
            || seen.Attachments.All.Any(a => a.Leg.NetworkId == network.Id)
            || seen.Tasks.All.Any(t => !t.IsTerminal() && t.Networks.Any(n => n.NetworkId == network.Id)));

    /// <summary>As Docker's refusals name those that are on it.</summary>
    public IEnumerable<string> EndpointsOf(NetworkJson network) => ContainersOn(network).Values
        .Select(row => $"name:\"{row.Name}\" id:\"{row.EndpointID[..12]}\"").Order(StringComparer.Ordinal);

    private IEnumerable<NetworkJson> Overlays() => swarm.Control is { } control
        ? control.Snapshot.Networks.All.Select(From)
        : assignments.Current.Networks.Values.Select(From);

    public static NetworkJson From(Network network) => new()
    {
        Name = network.Spec.Annotations.Name,
        Id = network.Id,
        Created = GoTime.Format(network.Meta?.CreatedAt),
        Scope = "swarm",
        Driver = "overlay",
        EnableIPv6 = network.Spec.Ipv6Enabled,
        IPAM = Ipam(network.Ipam.Count > 0 ? network.Ipam : network.Spec.Ipam),
        Internal = network.Spec.Internal,
        Attachable = network.Spec.Attachable,
        Ingress = network.Spec.Ingress,
        Options = OverlayOptions.Of(network.Spec.DriverOptions, network.Vni),
        Labels = network.Spec.Annotations.Labels,
    };

    internal static NetworkJson From(LocalNetwork network) => new()
    {
        Name = network.Name,
        Id = network.Id,
        Created = GoTime.Format(network.Created),
        Scope = "local",
        Driver = DriverOf(network),
        EnableIPv6 = network.Ipv6,
        IPAM = Ipam(network.Ipam) with { Options = network.Name == LocalNetworks.DefaultName ? null : new Dictionary<string, string>() },
        Internal = network.Internal,
        Attachable = network.Attachable,
        Containers = new Dictionary<string, NetworkJson.ContainerJson>(),   // in a list they are not told, and yet no null
        Options = Shown(network),
        Labels = network.Labels,
    };

    private static Dictionary<string, string> Shown(LocalNetwork network)
    {
        var options = new Dictionary<string, string>(network.Options);
        if (network.Name == LocalNetworks.DefaultName) options[BridgeOptions.DefaultBridge] = "true";
        return options;
    }

    private static NetworkJson From(OverlayNetwork network) => new()
    {
        Name = network.Name,
        Id = network.Id,
        Created = GoTime.Format(network.CreatedAt),
        Scope = "swarm",
        Driver = "overlay",
        EnableIPv6 = network.Ipv6Enabled,
        IPAM = Ipam(network.Ipam),
        Internal = network.Internal,
        Attachable = network.Attachable,
        Ingress = network.Ingress,
        Options = OverlayOptions.Of(network.DriverOptions, network.Vni),
        Labels = network.Labels,
    };

    private static NetworkJson.IpamJson Ipam(IEnumerable<IpamConfig> configs) =>
        new() { Config = [.. configs.Select(NetworkJson.IpamConfigJson.From)] };

    private NetworkJson LocalNetwork(string name, string driver) => new()
    {
        Name = name,
        Id = LocalId(name),
        Created = _created,
        Scope = "local",
        Driver = driver,
        IPAM = new NetworkJson.IpamJson { Config = [] },
        Containers = new Dictionary<string, NetworkJson.ContainerJson>(),   // in a list they are not told, and yet no null
        Options = new Dictionary<string, string>(),
    };

    /// <summary>64 hex digits that stay the same for this daemon: its local networks are kept nowhere.</summary>
    public string LocalId(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{identity.Id}/{name}")));

    private Dictionary<string, NetworkJson.ContainerJson> ContainersOn(NetworkJson network)
    {
        var rows = new Dictionary<string, NetworkJson.ContainerJson>();
        foreach (var container in containers.List())
        {
            if (legs.Find(container.Id) is not { } found) continue;
            foreach (var leg in found.Legs.Where(l => IsOn(l, network)))
                rows[container.Id] = Row(network.Name == KnownNetworks.GatewayBridge ? "gateway_" + container.Id[..12] : container.Name, EndpointId.OwnerOf(container), leg);
        }
        if (networking.Ingress is { } ingress)
        {
            foreach (var leg in ingress.Legs.Where(l => IsOn(l, network)))
                rows[network.Name == KnownNetworks.GatewayBridge ? "ingress-sbox" : "lb-" + network.Name] = Row(network.Name == KnownNetworks.GatewayBridge ? IngressSandbox : network.Name + "-endpoint", network.Name, leg);
        }
        return rows;
    }

    private static bool IsOn(ContainerLeg leg, NetworkJson network) => leg.NetworkId == network.Id || (network.Name == KnownNetworks.GatewayBridge && leg.NetworkName == KnownNetworks.GatewayBridge);

    private static NetworkJson.ContainerJson Row(string name, string owner, ContainerLeg leg) => new(
        name,
        EndpointId.Of(owner, leg.NetworkId),
        leg.Mac,
        leg.Addresses.FirstOrDefault(a => !a.Contains(':')) ?? "",
        leg.Addresses.FirstOrDefault(a => a.Contains(':')) ?? "");

    private List<NetworkJson.PeerJson> Peers(string networkId) =>
        [.. assignments.Current.Endpoints.Values
            .Where(e => e.NetworkId == networkId)
            .Select(e => (e.NodeId, e.Vtep))
            .Distinct()
            .OrderBy(p => p.Vtep, StringComparer.Ordinal)
            .Select(p => new NetworkJson.PeerJson(p.NodeId[..Math.Min(12, p.NodeId.Length)], p.Vtep))];

    private Dictionary<string, NetworkJson.ServiceJson> Services(NetworkJson network)
    {
        var current = assignments.Current;
        var services = new Dictionary<string, NetworkJson.ServiceJson>();
        foreach (var service in current.Services.Values)
        {
            var tasks = current.Endpoints.Values.Where(e => e.NetworkId == network.Id && e.ServiceId == service.Id).ToList();
            if (tasks.Count == 0) continue;
            var vip = service.VirtualIps.FirstOrDefault(v => v.NetworkId == network.Id)?.Addresses.FirstOrDefault() ?? "";
            services[service.Name] = new NetworkJson.ServiceJson(
                vip.Split('/')[0],
                // Docker's nodes tell one another of ports in the ingress network alone.
                [.. service.Ports.Where(_ => network.Ingress).Select(p => $"Target: {p.TargetPort}, Publish: {p.PublishedPort}")],
                0,
                [.. tasks.OrderBy(t => t.TaskName, StringComparer.Ordinal).Select(Task)]);
        }
        return services;
    }

    private static NetworkJson.TaskJson Task(OverlayEndpoint endpoint) => new(
        endpoint.TaskName,
        EndpointId.Of(endpoint.TaskId, endpoint.NetworkId),
        endpoint.Addresses.FirstOrDefault()?.Split('/')[0] ?? "",
        new Dictionary<string, string> { ["Host IP"] = endpoint.Vtep });
}
