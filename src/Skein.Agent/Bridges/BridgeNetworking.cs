using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Skein.Agent.Mesh;
using Skein.Agent.Networks;
using Skein.Linux;
using Skein.Linux.Files;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>
/// The host's own networks in the kernel, and users' containers on them and on the swarm's. Bridges are made when their network is, the default
/// one with its first container; containers come and go by <see cref="IStandaloneNetworking"/>; <see cref="RunAsync"/> puts right what others change.
/// When the process ends, the kernel keeps everything; a fresh daemon calls <see cref="RecoverAsync"/>.
/// </summary>
/// <remarks>One piece of work at a time, inside the gate: an attachment takes some milliseconds.</remarks>
public sealed partial class BridgeNetworking : IStandaloneNetworking, IHostNetworks, IDisposable
{
    private readonly BridgeNetworkingOptions _options;
    private readonly LocalNetworks _networks;
    private readonly NamespaceServices _services;
    private readonly TimeProvider _time;
    private readonly ILogger<BridgeNetworking> _log;
    private readonly NetworkNamespace _hostSpace;
    private readonly NetlinkEvents _deviceEvents;
    private readonly NetlinkEvents _tableEvents;
    private readonly RtNetlink _host;
    private readonly BridgeDevices _devices;
    private readonly BridgeTables _tables;
    private readonly HostEnds _ends;
    private readonly PortPublisher _publisher;
    private readonly AttachmentFiles _attachments;
    private readonly AttachedFiles _files;
    private readonly SwarmLegs _swarm;
    private readonly SemaphoreSlim _gate = new(1, 1);

    // Written inside the gate, read from anywhere.
    private readonly ConcurrentDictionary<string, UsersContainer> _containers = new(StringComparer.Ordinal);

    public BridgeNetworking(
        BridgeNetworkingOptions options, LocalNetworks networks, NamespaceServices services, SwarmLegs swarm, TimeProvider time, ILoggerFactory logs)
        : this(options, networks, services, swarm, time, logs, NetworkNamespace.OpenHost())
    {
    }

    /// <param name="host">Where the bridges are; belongs to this object.</param>
    internal BridgeNetworking(
        BridgeNetworkingOptions options, LocalNetworks networks, NamespaceServices services, SwarmLegs swarm, TimeProvider time, ILoggerFactory logs, NetworkNamespace host)
    {
        (_options, _networks, _services, _time, _log, _hostSpace) = (options, networks, services, time, logs.CreateLogger<BridgeNetworking>(), host);
        _host = RtNetlink.Open(host);
        _deviceEvents = NetlinkEvents.SubscribeDevices(host);
        _tableEvents = NetlinkEvents.SubscribeNftables(host);
        _devices = new(host, _host);
        _tables = new(host, options.ExecRoot);
        // The other half is for all else: connections, containers' pipes, files.
        _ends = new(host, OpenFiles.Most / 2);
        _publisher = new(_ends);
        _attachments = new(options.Attachments);
        _files = new(options);
        _swarm = swarm;
        Directory.CreateDirectory(options.Pins);
        Directory.CreateDirectory(options.Attachments);
    }

    /// <summary>What was put right since the start though nobody had wished a change.</summary>
    public long Healed { get; private set; }

    public StoredNetwork? NetworkOf(string network) =>
        _networks.Find(network) is { } own ? new StoredNetwork { Id = own.Id, Name = own.Name }
        : _swarm.Find(network) is { } swarms ? new StoredNetwork { Id = swarms.Id, Name = swarms.Name }
        : null;

    public void Check(StandaloneEndpoint endpoint)
    {
        if (_networks.Find(endpoint.Network) is { } network) LegChoice.Check(BridgeSpec.Of(network), endpoint, network.SubnetNamed);
        else if (_swarm.Find(endpoint.Network) is not null) SwarmLegs.Check(endpoint);
    }

    public IReadOnlyList<LocalNetwork> All => _networks.All;

    public string NamespacePathOf(string containerId) => _options.PinOf(containerId);

    public ContainerNetwork? Find(string containerId) => _containers.GetValueOrDefault(containerId)?.Network;

    /// <summary>Makes the network on disk and in the kernel.</summary>
    /// <exception cref="SkeinException">In Docker's words.</exception>
    public Task<LocalNetwork> CreateNetworkAsync(LocalNetwork wanted, CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        var given = wanted.Clone();
        given.DeviceGiven = IsGiven(wanted);
        var network = _networks.Create(given);
        try
        {
            _devices.Ensure(BridgeSpec.Of(network));
            await ProgramAsync(cancel);
            return network;
        }
        catch (Exception error)
        {
            _networks.Remove(network.Id, () => TakeDevice(network));
            if (error is LinuxException refused) throw new SkeinException(ErrorKind.Internal, $"failed to create {BridgeSpec.DeviceOf(network)}: {refused.Message}", refused);
            throw;
        }
    });

    /// <summary>Whether its device is there already, and not by another network's doing.</summary>
    private bool IsGiven(LocalNetwork wanted)
    {
        var isMacvlan = wanted.Driver == MacvlanOptions.Driver;
        if (!wanted.Options.TryGetValue(isMacvlan ? MacvlanOptions.Parent : BridgeOptions.Name, out var device) || _host.FindLink(device) is null) return false;
        return !isMacvlan || _networks.All.All(other => BridgeSpec.DeviceOf(other) != device || other.DeviceGiven);
    }

    /// <exception cref="SkeinException">Containers are on it.</exception>
    public Task RemoveNetworkAsync(string networkId, CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        if (_networks.Find(networkId) is not { } network) throw SkeinException.NotFound($"network {networkId} not found");
        if (network.Name == LocalNetworks.DefaultName) throw new SkeinException(ErrorKind.Forbidden, $"{network.Name} is a pre-defined network and cannot be removed");
        var active = _containers.Values.Where(container => container.Legs.Any(leg => leg.NetworkId == network.Id))
            .Select(container => $"name:\"{container.Definition.Name}\" id:\"{container.Id[..12]}\"").Order(StringComparer.Ordinal).ToList();
        if (active.Count > 0)
            throw new SkeinException(ErrorKind.Forbidden, $"error while removing network: network {network.Name} has active endpoints ({string.Join(", ", active)})");
        try
        {
            _networks.Remove(network.Id, () => TakeDevice(network));
        }
        catch
        {
            // It is still there, and so is to be what stands for it.
            TryEnsure(BridgeSpec.Of(network));
            throw;
        }
        await ProgramAsync(cancel);
        return true;
    });

    /// <summary>Unless another network is on it, or it was there before.</summary>
    private void TakeDevice(LocalNetwork network)
    {
        if (_networks.All.Any(other => other.Id != network.Id && BridgeSpec.DeviceOf(other) == BridgeSpec.DeviceOf(network))) return;
        _devices.Forget(BridgeSpec.Of(network), remove: !network.DeviceGiven);
    }

    public void Dispose()
    {
        foreach (var container in _containers.Values) container.Space.Dispose();
        _ends.Dispose();
        _deviceEvents.Dispose();
        _tableEvents.Dispose();
        _host.Dispose();
        _hostSpace.Dispose();
        _gate.Dispose();
    }

    private async Task<T> GatedAsync<T>(CancellationToken cancel, Func<Task<T>> work)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            return await work();
        }
        finally
        {
            _gate.Release();
        }
    }

    private LegProgrammer Programmer() => _swarm.Programmer();

    /// <summary>Bridges that stand.</summary>
    private List<BridgeSpec> Standing() => [.. Kept().Where(network => network.Macvlan is null)];

    /// <summary>Networks whose devices stand.</summary>
    private List<BridgeSpec> Kept() =>
        [.. _networks.All.Select(network => BridgeSpec.Of(network)).Where(bridge => !bridge.IsGateway && _devices.IndexOf(bridge) != 0).OrderBy(bridge => bridge.Device, StringComparer.Ordinal)];

    /// <summary>The host's tables and everybody's names, as the containers that stand would have them.</summary>
    private async Task ProgramAsync(CancellationToken cancel)
    {
        var bridges = Standing();
        // First, as what it lets pass is the swarm's table's business too.
        await _services.FollowBridgesAsync([.. bridges.Select(bridge => bridge.Device)], BridgeNames.Of(_containers.Values), cancel);
        _tables.Program(bridges, [.. _containers.Values.SelectMany(container => container.Ends()).OrderBy(end => end.Host.Port)], [.. ContainerLinks.OpeningsOf(_containers)]);
    }

    private static bool IsDefault(string network) => network is "" or "default" or LocalNetworks.DefaultName;

    /// <summary>One of the host's own: asked outside the gate, and makes nothing.</summary>
    private bool IsOfHost(string network) => IsDefault(network) || _networks.Find(network) is not null;

    /// <summary>null when it is none of the host's own. Inside the gate: the default one is made when it is asked for.</summary>
    private BridgeSpec? BridgeOf(string network) =>
        (IsDefault(network) ? _networks.EnsureDefault(_devices.AddressesOf) : _networks.Find(network)) is { } found ? BridgeSpec.Of(found) : null;

    private HashSet<IPAddress> UsedOn(BridgeSpec bridge) =>
        [.. _containers.Values.SelectMany(container => container.Legs).Where(leg => leg.NetworkId == bridge.NetworkId).SelectMany(leg => leg.Addresses).Select(address => address.Address)];

    private BridgeLeg ChooseLeg(BridgeSpec bridge, StandaloneEndpoint endpoint, ContainerDefinition definition) =>
        LegChoice.Make(bridge, endpoint, definition, UsedOn(bridge), _networks.Find(bridge.NetworkId)!.SubnetNamed);

    private ImmutableArray<LegSpec> LegsOf(UsersContainer container)
    {
        // With br_netfilter, as Docker and Kubernetes load it, what goes by a port of the host to the same bridge is turned while it is a
        // frame, and goes from port to port, back to the same one too; and the tables keep neighbours apart. Without it the ports do.
        var filtered = BridgeNetfilter.IsOn(_hostSpace);
        return [.. container.Legs.Select(leg => LegOf(container, leg, filtered))];
    }

    private LegSpec LegOf(UsersContainer container, AttachedLeg leg, bool filtered) => leg switch
    {
        BridgeLeg bridge => LegOf(container, bridge, filtered),
        OverlayLeg overlay => _swarm.SpecOf(container.Id, overlay),
        GatewayLeg gateway => _swarm.SpecOf(container.Id, gateway, container.GatewaysOf(gateway).Count > 0, published: !container.Ports.IsEmpty),
        _ => throw new InvalidOperationException($"a leg of an unknown kind: {leg}"),
    };

    private LegSpec LegOf(UsersContainer container, BridgeLeg leg, bool filtered) => new(
        leg.Device,
        DeviceNames.BridgePort(container.Id, leg.Number),
        _devices.IndexOf(leg.Bridge),
        _devices.MtuOf(leg.Bridge),
        leg.Mac,
        leg.Addresses,
        OnHost: true,
        Isolated: !leg.Bridge.Icc && !filtered)
    {
        Gateways = [.. container.GatewaysOf(leg)],
        Learns = true,
        Hairpin = filtered,
        Macvlan = leg.Bridge.Macvlan,
    };

    private static ContainerLeg Shown(AttachedLeg leg) => new(
        leg.NetworkId,
        leg.NetworkName,
        leg.Device,
        [.. leg.Addresses.Select(address => address.ToString())],
        leg.Mac.ToString(),
        leg.GatewayOf(ipv6: false)?.ToString() ?? "")
    {
        GatewayIPv6 = leg.GatewayOf(ipv6: true)?.ToString() ?? "",
        Names = leg.Names,
    };

    private ContainerNetwork Shown(UsersContainer container) => new(
        _options.PinOf(container.Id),
        _files.PathOf(container.Id, "resolv.conf"),
        _files.PathOf(container.Id, "hosts"),
        [.. container.Legs.OrderBy(leg => leg.Number).Select(Shown)],
        [])
    {
        Hostname = _files.PathOf(container.Id, "hostname"),
        Published = [.. container.Ports.Select(port => port.ToBinding())],
    };
}
