using System.Collections.Immutable;
using System.Net;
using System.Text;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

public sealed partial class OverlayNetworking
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public async Task<ContainerNetwork> AttachAsync(ContainerNetworkSpec spec, CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        spec = spec with { Dns = DnsDefaults.Merge(spec.Dns, _options.Dns) };
        using var held = await HoldAsync(spec.ContainerId, cancel);
        var pin = _options.PinOf(spec.ContainerId);
        var present = NetworkNamespace.IsPinned(pin);
        try
        {
            // From here on the fabric counts these addresses as local.
            var space = _containers.GetValueOrDefault(spec.ContainerId)?.Space;
            _containers[spec.ContainerId] = new AttachedContainer(spec, PortsOf(spec), Find(spec.ContainerId), space);
            await EnsureNetworksAsync(spec, present, cancel);
            space ??= NetworkNamespace.OpenOrCreate(pin);
            _containers[spec.ContainerId] = _containers[spec.ContainerId] with { Space = space };
            space.EnsurePinned();
            var made = await space.RunAsync(() => MakeLegs(spec, space, present));
            var legs = Shown(spec, made);
            WriteFiles(spec, legs);
            var ports = await _services.OpenAsync(spec, pin, legs, cancel);
            var files = _options.FilesOf(spec.ContainerId);
            var network = new ContainerNetwork(pin, Path.Combine(files, "resolv.conf"), Path.Combine(files, "hosts"), legs, ports)
            {
                Hostname = Path.Combine(files, "hostname"),
            };
            _containers[spec.ContainerId] = _containers[spec.ContainerId] with { Network = network, Made = made };
            LogAttached(spec.ContainerId, _time.GetElapsedTime(started).TotalMilliseconds);
            return network;
        }
        catch
        {
            // A namespace that was there before may have a container in it, which goes on.
            if (!present) await RemoveAsync(spec.ContainerId, CancellationToken.None);
            throw;
        }
    }

    public async Task DetachAsync(string containerId, CancellationToken cancel)
    {
        using (await HoldAsync(containerId, cancel)) await RemoveAsync(containerId, cancel);
        _locks.TryRemove(containerId, out _);
    }

    public async Task RecoverAsync(IReadOnlyCollection<ContainerNetworkSpec> running, CancellationToken cancel)
    {
        try
        {
            await TakeUpAsync(running, cancel);
            // The ingress namespace as well.
            await TryPassAsync(whole: false, FirstRetry, cancel);
        }
        finally
        {
            _tasksTakenUp.TrySetResult();
            // Whatever could not be opened: this host goes on with the rest.
            await _services.AllOpenedAsync(cancel);
        }
    }

    private async Task TakeUpAsync(IReadOnlyCollection<ContainerNetworkSpec> running, CancellationToken cancel)
    {
        var known = running.Select(spec => spec.ContainerId).ToHashSet(StringComparer.Ordinal);
        await _gate.WaitAsync(cancel);
        try
        {
            foreach (var name in Strangers(known)) await TryRemoveStrangerAsync(name, cancel);
            RemoveFabricPorts(running);
            RemoveGatewayPorts(known);
        }
        finally
        {
            _gate.Release();
        }
        // First those that have an address on docker_gwbridge: nobody else may be given it.
        await Task.WhenAll(running.Where(IsPinned).Select(spec => AdoptAsync(spec, cancel)));
        await Task.WhenAll(running.Where(spec => !IsPinned(spec)).Select(spec => AdoptAsync(spec, cancel)));
        LogAdopted(running.Count);
    }

    private bool IsPinned(ContainerNetworkSpec spec) => NetworkNamespace.IsPinned(_options.PinOf(spec.ContainerId));

    private async Task AdoptAsync(ContainerNetworkSpec spec, CancellationToken cancel)
    {
        try
        {
            await AttachAsync(spec, cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogAdoptionFailed(error, spec.ContainerId);
        }
    }

    /// <summary>The tunnel entries of the container's networks are in the kernel when this returns.</summary>
    private async Task EnsureNetworksAsync(ContainerNetworkSpec spec, bool present, CancellationToken cancel)
    {
        var wanted = _assignments.Generation;
        await PassAsync(() => _gateway.Index != 0 && Volatile.Read(ref _appliedGeneration) >= wanted && Missing(spec) is null, cancel);
        if (!present && Missing(spec) is { } network) throw SkeinException.Unavailable($"network {network} is not ready on this node");
        if (spec.Legs.Count > 0) OpenFabricLocked();
    }

    private string? Missing(ContainerNetworkSpec spec) => Missing(spec.Legs.Select(leg => leg.NetworkId));

    private string? Missing(IEnumerable<string> networkIds) =>
        networkIds.FirstOrDefault(id => NetworkOf(id) is not { } network || _fabric?.Made.ContainsKey(network.Vni) != true);

    private void OpenFabricLocked()
    {
        if (_fabric is not null) return;
        _gate.Wait();
        try
        {
            OpenFabric();
        }
        finally
        {
            _gate.Release();
        }
    }

    private OverlayNetwork? NetworkOf(string id) => _assignments.Current.Networks.GetValueOrDefault(id);

    private static ImmutableArray<LocalPort> PortsOf(ContainerNetworkSpec spec) =>
        [.. spec.Legs.Select((leg, at) => PortOf(spec.ContainerId, leg, at))];

    private static LocalPort PortOf(string containerId, NetworkAttachment leg, int at) => new(DeviceNames.FabricPort(containerId, at), leg.NetworkId, MacAddress.Parse(leg.Mac));

    /// <summary>On a thread inside the container's namespace.</summary>
    /// <param name="present">The namespace is an earlier daemon's: what was changed in it meanwhile is put right.</param>
    private List<LegSpec> MakeLegs(ContainerNetworkSpec spec, NetworkNamespace space, bool present)
    {
        using var inside = RtNetlink.OpenHere();
        var legs = LegsOf(spec, NamespaceLegs.AddressOf(inside, GatewayDevice(spec)));
        NamespaceLegs.Tune(legs, spec.Sysctls);
        Programmer().Apply(space, inside, legs);
        if (present && Missing(spec) is null) Heal(spec.Name, Programmer().Verify(space, inside, legs, !spec.ArrangesItself, mtuFollows: false, null).Changes);
        NamespaceLegs.TuneLegs(legs, spec.Sysctls);
        return legs;
    }

    private static string GatewayDevice(ContainerNetworkSpec spec) => LegNumber.Device((uint)spec.Legs.Count);

    /// <param name="present">The address on docker_gwbridge that its namespace has already, if any.</param>
    private List<LegSpec> LegsOf(ContainerNetworkSpec spec, InterfaceAddress? present)
    {
        var legs = spec.Legs.Select((leg, at) => OverlayLeg(spec.ContainerId, leg, at)).ToList();
        // Nothing but internal networks: no way out, and no leg for it.
        if (HasWayOut([.. spec.Legs.Select(leg => NetworkOf(leg.NetworkId))], present is not null))
        {
            // Other containers of this host reach its ports of the host from bridge port to bridge port (see GatewayGuardSpec).
            var ofHost = spec.Ports.Any(port => port.PublishMode == PublishMode.Host);
            legs.Add(GatewayLeg(spec.ContainerId, GatewayDevice(spec), _gateway.Hold(spec.ContainerId, present), isolated: !ofHost));
        }
        return legs;
    }

    /// <param name="networks">Those of its legs; null for one that this node has not been told of, as at a take-over without its memory.</param>
    /// <param name="hasOne">One that was given when its networks were known stays; what is unknown may be internal, and gives none.</param>
    internal static bool HasWayOut(IReadOnlyList<OverlayNetwork?> networks, bool hasOne) =>
        networks.Count == 0 || networks.Any(network => network is { Internal: false }) || (hasOne && networks.Contains(null));

    private List<ContainerLeg> Shown(ContainerNetworkSpec spec, IReadOnlyList<LegSpec> legs) =>
        [.. legs.Select((leg, at) => Shown(leg, at < spec.Legs.Count ? spec.Legs[at].NetworkId : null))];

    private LegProgrammer Programmer() => new(_host, _fabric?.Fabric ?? _host);

    private LegSpec OverlayLeg(string containerId, NetworkAttachment leg, int at) => OverlayLeg(PortOf(containerId, leg, at), LegNumber.Device((uint)at), leg.Addresses.Select(InterfaceAddress.Parse));

    private LegSpec OverlayLeg(LocalPort port, string device, IEnumerable<InterfaceAddress> addresses)
    {
        var (bridge, mtu) = MadeOf(port.NetworkId);
        return new LegSpec(device, port.Device, bridge, mtu, port.Mac, [.. addresses], OnHost: false, Isolated: false);
    }

    /// <summary>Zeros where its devices do not stand.</summary>
    private (int Bridge, uint Mtu) MadeOf(string networkId) => NetworkOf(networkId) is { } network && _fabric is { } fabric ? fabric.Made.GetValueOrDefault(network.Vni) : default;

    private LegSpec GatewayLeg(string containerId, string device, InterfaceAddress address, bool isolated) => new(
        device,
        DeviceNames.GatewayPort(containerId),
        _gateway.Index,
        _gateway.Mtu,
        MacAddress.OfIPv4(address.Address),
        [address],
        OnHost: true,
        isolated)
    {
        Gateways = [_gateway.Host.Address],
    };

    private ContainerLeg Shown(LegSpec leg, string? networkId) => new(
        networkId ?? KnownNetworks.GatewayBridge,
        networkId is null ? KnownNetworks.GatewayBridge : NetworkOf(networkId)?.Name ?? networkId,
        leg.Interface,
        [.. leg.Addresses.Select(address => address.ToString())],
        leg.Mac.ToString(),
        networkId is null ? _gateway.Host.Address.ToString() : "");

    /// <summary>Files that are there stay: the container may have changed them.</summary>
    private void WriteFiles(ContainerNetworkSpec spec, IReadOnlyList<ContainerLeg> legs)
    {
        var folder = Directory.CreateDirectory(_options.FilesOf(spec.ContainerId)).FullName;
        WriteIfMissing(Path.Combine(folder, "resolv.conf"), ContainerFiles.ResolvConf(spec.Dns, ContainerFiles.LinesOf(_options.HostResolvConf), alone: spec.Legs.Count == 0));
        WriteIfMissing(
            Path.Combine(folder, "hosts"),
            ContainerFiles.Hosts(ContainerFiles.NamesOf(spec.Hostname), HostGateway.Resolve(spec.ExtraHosts, HostGateways), Own(legs).SelectMany(leg => leg.Addresses).Select(address => InterfaceAddress.Parse(address).Address.ToString())));
        WriteIfMissing(Path.Combine(folder, "hostname"), spec.Hostname + "\n");
    }

    private IReadOnlyList<IPAddress> HostGateways => _options.HostGateways.Count > 0 ? _options.HostGateways : _gateway.Index != 0 ? [_gateway.Host.Address] : [];

    /// <summary>Those by which its own name is known: of the networks it was put on, or else of what it has.</summary>
    private List<ContainerLeg> Own(IReadOnlyList<ContainerLeg> legs)
    {
        var overlays = legs.Where(leg => leg.NetworkId != KnownNetworks.GatewayBridge).ToList();
        var chosen = overlays.FindAll(leg => NetworkOf(leg.NetworkId)?.Ingress != true);
        return chosen.Count > 0 ? chosen : overlays.Count > 0 ? overlays : [.. legs];
    }

    private static void WriteIfMissing(string path, string text)
    {
        // Whole or not at all: the one that a full disk left empty would be taken for the container's own.
        if (!File.Exists(path)) WholeFile.Write(path, Encoding.UTF8.GetBytes(text), ReadableByAll, durable: false);
    }

    private async Task RemoveAsync(string containerId, CancellationToken cancel)
    {
        await _services.CloseAsync(containerId, cancel);
        var legs = 0;
        // From here on nobody puts right what is missing of it, neither inside nor in the fabric, also when something below fails.
        if (_containers.TryGetValue(containerId, out var going))
        {
            legs = going.Spec.Legs.Count;
            _containers[containerId] = going with { Network = null, Ports = [] };
        }
        var programmer = Programmer();
        await Task.Run(() => programmer.Delete(containerId, legs), cancel);
        NetworkNamespace.Delete(_options.PinOf(containerId));
        var files = _options.FilesOf(containerId);
        if (Directory.Exists(files)) Directory.Delete(files, recursive: true);
        if (_containers.TryRemove(containerId, out var gone)) gone.Space?.Dispose();
        _gateway.Release(containerId);
    }

    /// <summary>By their pins, and by their files: a removal that was cut short may have left either.</summary>
    private List<string> Strangers(HashSet<string> known) =>
    [
        .. NamespacePins.List(_options.Pins).Concat(Directory.Exists(FilesFolder) ? Directory.EnumerateDirectories(FilesFolder) : [])
            .Select(path => Path.GetFileName(path))
            .Distinct()
            .Where(name => name is not (DeviceNames.FabricSpace or DeviceNames.IngressSpace) && !known.Contains(name) && !_containers.ContainsKey(name)),
    ];

    /// <summary>What is left of one that is gone must not keep those that run from their names and ports.</summary>
    private async Task TryRemoveStrangerAsync(string containerId, CancellationToken cancel)
    {
        try
        {
            await RemoveStrangerAsync(containerId, cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogStrangerStays(error, containerId);
        }
    }

    private async Task RemoveStrangerAsync(string containerId, CancellationToken cancel)
    {
        LogStranger(containerId);
        await RemoveAsync(containerId, cancel);
    }

    /// <summary>Ports of the fabric that belong to no container that runs, those of strangers among them.</summary>
    private void RemoveFabricPorts(IReadOnlyCollection<ContainerNetworkSpec> running)
    {
        var expected = running.SelectMany(spec => PortsOf(spec)).Concat(LocalPorts()).Select(port => port.Device).ToHashSet();
        expected.Add(DeviceNames.FabricPort(IngressId, 0));
        var fabric = OpenFabric().Fabric;
        var batch = new NetlinkBatch();
        foreach (var link in fabric.Links().Where(link => DeviceNames.IsFabricPort(link.Name) && !expected.Contains(link.Name))) batch.DeleteLink(link.Name);
        if (!batch.IsEmpty) fabric.Apply(batch);
    }

    private void RemoveGatewayPorts(HashSet<string> known)
    {
        var expected = known.Concat(_containers.Keys).Concat(_ofUsers.Keys).Append(IngressId).Select(DeviceNames.GatewayPort).ToHashSet();
        var batch = new NetlinkBatch();
        foreach (var link in _host.Links().Where(link => DeviceNames.IsGatewayPort(link.Name) && !expected.Contains(link.Name))) batch.DeleteLink(link.Name);
        if (!batch.IsEmpty) _host.Apply(batch);
    }

    private async Task<IDisposable> HoldAsync(string containerId, CancellationToken cancel)
    {
        var semaphore = _locks.GetOrAdd(containerId, static _ => new SemaphoreSlim(1, 1));
        await semaphore.WaitAsync(cancel);
        return new Held(semaphore);
    }

    private sealed class Held(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
