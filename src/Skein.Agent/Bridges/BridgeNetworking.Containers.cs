using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

public sealed partial class BridgeNetworking
{
    public async Task<ContainerNetwork> AttachAsync(ContainerDefinition definition, CancellationToken waiting, CancellationToken cancel)
    {
        try
        {
            // Outside the gate: the swarm may take its time, and nobody else waits for it.
            var given = await AskSwarmAsync(definition, waiting, cancel);
            return await GatedAsync(cancel, async () =>
            {
                // Of an earlier start that nobody has ended.
                await RemoveAsync(definition.Id, cancel);
                return await MakeAsync(definition, given, cancel);
            });
        }
        catch (Exception error)
        {
            await DetachAsync(definition.Id, returns: false, CancellationToken.None);
            if (error is SkeinException known) throw new SkeinException(known.Kind, $"failed to set up container networking: {known.Message}", known);
            throw;
        }
    }

    public Task DetachAsync(string containerId, bool returns, CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        try
        {
            await RemoveAsync(containerId, cancel);
        }
        finally
        {
            _swarm.Release(containerId, returns);
        }
        return true;
    });

    public async Task<ContainerNetwork> ConnectAsync(ContainerDefinition running, StandaloneEndpoint endpoint, Func<Task> note, CancellationToken waiting, CancellationToken cancel)
    {
        var given = !IsOfHost(endpoint.Network) ? await AskSwarmAsync(running, endpoint, waiting, cancel) : null;
        try
        {
            await note();
            return await GatedAsync(cancel, () => ConnectAsync(running, endpoint, given, cancel));
        }
        catch when (given is not null)
        {
            _swarm.GiveBack(given.Attachment);
            throw;
        }
    }

    private async Task<ContainerNetwork> ConnectAsync(ContainerDefinition running, StandaloneEndpoint endpoint, OverlayLeg? given, CancellationToken cancel)
    {
        if (!_containers.TryGetValue(running.Id, out var before)) throw SkeinException.Conflict($"Container {running.Id} is not running");
        var leg = LegFor(running, endpoint, given);
        if (before.Legs.Any(other => other.NetworkId == leg.NetworkId))
            throw new SkeinException(ErrorKind.Forbidden, $"endpoint with name {running.Name} already exists in network {leg.NetworkName}");
        var after = before with { Definition = running, Legs = before.Legs.Add(leg), Lacking = before.Lacking.RemoveAll(other => other.Number == endpoint.Number) };
        try
        {
            after = await WithWayOutAsync(after, cancel);
            if (after.Ports.IsEmpty) after = after with { Ports = [.. _publisher.Publish(after)] };
            await ApplyAsync(after, cancel);
        }
        catch
        {
            if (before.Ports.IsEmpty) _ends.Release(running.Id);
            await TakeAsync(before, leg);
            await ApplyAsync(await WithWayOutAsync(before, CancellationToken.None), CancellationToken.None);
            throw;
        }
        _files.Add(after, leg);
        LogConnected(running.Name, leg.NetworkName);
        return _containers[running.Id].Network!;
    }

    public Task RenameAsync(ContainerDefinition renamed, CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        if (!_containers.TryGetValue(renamed.Id, out var before)) return false;
        var old = before.Definition.Name;
        var after = before with
        {
            Definition = renamed,
            Legs = [.. before.Legs.Select(leg => leg with { Names = [.. leg.Names.Select(name => name == old ? renamed.Name : name)] })],
        };
        _containers[renamed.Id] = after = after with { Network = Shown(after) };
        _swarm.Rename(after.Legs);
        await ServeAsync(after, cancel);
        await ProgramAsync(cancel);
        return true;
    });

    public Task DisconnectAsync(ContainerDefinition running, string network, CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        var named = NetworkOf(network) ?? throw SkeinException.NotFound($"network {network} not found");
        if (!_containers.TryGetValue(running.Id, out var before)) throw NotConnected(running, named);
        var left = before with { Definition = running, Lacking = before.Lacking.RemoveAll(endpoint => running.Standalone.Endpoints.All(other => other.Number != endpoint.Number)) };
        if (before.Legs.FirstOrDefault(leg => leg.NetworkId == named.Id) is not { } gone)
        {
            if (left.Lacking.Length == before.Lacking.Length) throw NotConnected(running, named);
            // It was to have it, and had it not yet.
            _containers[running.Id] = left;
            return true;
        }
        await TakeAsync(before, gone);
        var after = await WithWayOutAsync(left with { Legs = before.Legs.Remove(gone) }, cancel);
        await ApplyAsync(after, cancel);
        if (gone is OverlayLeg overlay) _swarm.GiveBack(overlay.Attachment);
        _files.Remove(after, gone);
        LogDisconnected(before.Definition.Name, named.Name);
        return true;
    });

    private static SkeinException NotConnected(ContainerDefinition container, StoredNetwork network) =>
        new(ErrorKind.Forbidden, $"container {container.Id} is not connected to network {network.Name}");

    public Task RecoverAsync(IReadOnlyCollection<ContainerDefinition> running, CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        _networks.RenewDefault(_devices.AddressesOf, inUse: running.Any(definition => definition.Standalone.Endpoints.Any(endpoint => endpoint.Network == LocalNetworks.DefaultName)));
        var bridges = _networks.All.Select(network => BridgeSpec.Of(network)).ToDictionary(bridge => bridge.NetworkId);
        foreach (var bridge in bridges.Values.Where(bridge => !bridge.IsGateway && (!bridge.IsDefault || _host.FindLink(bridge.Device) is not null))) TryEnsure(bridge);
        var known = running.Select(definition => definition.Id).ToHashSet(StringComparer.Ordinal);
        var found = NamespacePins.List(_options.Pins).Select(path => Path.GetFileName(path)).Concat(_attachments.Ids()).Distinct();
        foreach (var stranger in found.Where(id => !known.Contains(id)).ToList()) await RemoveAsync(stranger, cancel);
        RemovePorts(known);
        foreach (var definition in running) await TryAdoptAsync(definition, bridges, cancel);
        // When all addresses are known that others have.
        foreach (var container in _containers.Values.Where(container => !container.AwaitsSwarm)) await MakeLackingAsync(container, cancel);
        await ProgramAsync(cancel);
        return true;
    });

    /// <summary>The legs that are the swarm's to give, by their numbers.</summary>
    private async Task<IReadOnlyDictionary<uint, OverlayLeg>> AskSwarmAsync(ContainerDefinition definition, CancellationToken waiting, CancellationToken cancel)
    {
        _swarm.KeepOnly(definition.Id, definition.Standalone.Endpoints);
        var asked = definition.Standalone.Endpoints.Where(endpoint => !IsOfHost(endpoint.Network)).Select(endpoint => AskSwarmAsync(definition, endpoint, waiting, cancel)).ToList();
        return (await Task.WhenAll(asked)).ToDictionary(leg => leg.Number);
    }

    private Task<OverlayLeg> AskSwarmAsync(ContainerDefinition definition, StandaloneEndpoint endpoint, CancellationToken waiting, CancellationToken cancel) =>
        _swarm.AskAsync(definition.Id, endpoint, LegChoice.OwnNamesOf(endpoint, definition), waiting, cancel);

    private AttachedLeg LegFor(ContainerDefinition definition, StandaloneEndpoint endpoint, OverlayLeg? given)
    {
        if (given is not null) return given;
        // It was one of the host's own when it was asked about.
        var bridge = BridgeOf(endpoint.Network) ?? throw SkeinException.NotFound($"network {endpoint.Network} not found");
        var leg = ChooseLeg(bridge, endpoint, definition);
        _devices.Ensure(bridge);
        return leg;
    }

    /// <summary>The fabric is ready for its legs when this returns, and it has docker_gwbridge where nothing else leads out.</summary>
    private async Task<UsersContainer> WithWayOutAsync(UsersContainer container, CancellationToken cancel)
    {
        _swarm.Hold(container.Id, container.Legs);
        await _swarm.EnsureAsync(container.Legs, cancel);
        return container with { Legs = _swarm.WithWayOut(container.Id, container.Legs, container.Definition.Standalone.Endpoints.Select(endpoint => endpoint.Number)) };
    }

    private async Task<ContainerNetwork> MakeAsync(ContainerDefinition definition, IReadOnlyDictionary<uint, OverlayLeg> given, CancellationToken cancel)
    {
        var container = new UsersContainer(definition, [], NetworkNamespace.OpenOrCreate(_options.PinOf(definition.Id)));
        _containers[definition.Id] = container;
        foreach (var endpoint in definition.Standalone.Endpoints)
        {
            var leg = LegFor(definition, endpoint, given.GetValueOrDefault(endpoint.Number));
            if (container.Legs.Any(other => other.NetworkId == leg.NetworkId))
                throw new SkeinException(ErrorKind.Forbidden, $"endpoint with name {definition.Name} already exists in network {leg.NetworkName}");
            // Its addresses are its own from here on.
            _containers[definition.Id] = container = container with { Legs = container.Legs.Add(leg) };
        }
        _containers[definition.Id] = container = await WithWayOutAsync(container, cancel);
        RequireOpenings(container);
        container = container with { Ports = [.. _publisher.Publish(container)] };
        _files.Write(container, [.. HostLines(definition.Spec.Hosts), .. ContainerLinks.LinesOf(definition.Standalone, _containers).Select(line => $"{line.Address} {line.Names}")]);
        await ApplyAsync(container, cancel);
        Relink(container);
        return _containers[definition.Id].Network!;
    }

    public async Task<IReadOnlyList<string>> HostLinesAsync(IReadOnlyCollection<string> lines, CancellationToken cancel) =>
        HostGateway.IsNamed(lines) ? await GatedAsync(cancel, async () => await Task.FromResult(HostLines(lines))) : [.. lines];

    private List<string> HostLines(IReadOnlyCollection<string> lines) => [.. HostGateway.Resolve(lines, HostGateway.IsNamed(lines) ? HostGateways() : [])];

    private IReadOnlyList<IPAddress> HostGateways()
    {
        if (_options.HostGateways.Count > 0) return _options.HostGateways;
        var bridge = BridgeOf(LocalNetworks.DefaultName)!;
        // Its addresses are the host's only when it stands.
        _devices.Ensure(bridge);
        return [.. bridge.Pools.Select(pool => pool.Gateway)];
    }

    // Without br_netfilter the ports of a bridge keep neighbours apart, and know nothing of addresses.
    private void RequireOpenings(UsersContainer container)
    {
        if (container.Definition.Standalone.Links.Count > 0 && container.Legs.OfType<BridgeLeg>().Any(leg => leg.Bridge is { IsDefault: true, Icc: false }) && !BridgeNetfilter.IsOn(_hostSpace))
            throw SkeinException.Unavailable("links on a default bridge with \"icc\": false need the kernel's br_netfilter: modprobe br_netfilter");
    }

    /// <summary>Those that are linked to it find it where it is by now.</summary>
    private void Relink(UsersContainer target)
    {
        foreach (var other in _containers.Values)
        {
            foreach (var link in other.Definition.Standalone.Links.Where(link => link.ContainerId == target.Id)) _files.Relink(other, [.. ContainerLinks.LinesOf(link, target)]);
        }
    }

    /// <summary>Makes kernel and names as the container's legs say.</summary>
    /// <returns>As it stands now.</returns>
    private async Task<UsersContainer> ApplyAsync(UsersContainer container, CancellationToken cancel)
    {
        container = container with { Network = Shown(container) };
        var legs = LegsOf(container);
        container.Space.EnsurePinned();
        // Before they are made: what is not there of them the next daemon makes.
        _attachments.Write(container);
        await container.Space.RunAsync(() => MakeLegs(container, legs));
        _containers[container.Id] = container = container with { Made = legs };
        await ServeAsync(container, cancel);
        await ProgramAsync(cancel);
        return container;
    }

    /// <summary>On a thread inside the container's namespace.</summary>
    private void MakeLegs(UsersContainer container, ImmutableArray<LegSpec> legs)
    {
        using var inside = RtNetlink.OpenHere();
        var sysctls = container.Definition.Spec.Sysctls;
        NamespaceLegs.Tune(legs, sysctls);
        Programmer().Apply(container.Space, inside, legs);
        NamespaceLegs.TuneLegs(legs, sysctls);
    }

    /// <summary>A resolver, where there are names: Docker's default bridge has none.</summary>
    private async Task ServeAsync(UsersContainer container, CancellationToken cancel)
    {
        if (!container.Legs.Any(leg => leg.HasNames))
        {
            await _services.CloseAsync(container.Id, cancel);
            return;
        }
        var definition = container.Definition;
        var overlays = container.Legs.OfType<OverlayLeg>().Select(leg => new NetworkAttachment { NetworkId = leg.NetworkId, Addresses = { leg.Addresses.Select(address => address.ToString()) }, Mac = leg.Mac.ToString() });
        var spec = new ContainerNetworkSpec(definition.Id, definition.Name, "", "", definition.Hostname, [.. overlays], [], DnsDefaults.Merge(definition.Spec.DnsConfig, _options.Dns), [], definition.Spec.Sysctls)
        {
            OfUser = true,
            NamesOf = [.. container.Legs.OfType<BridgeLeg>().Where(leg => leg.HasNames).Select(leg => leg.NetworkId)],
            Links = ContainerLinks.NamesOf(definition.Standalone, container.Legs),
        };
        await _services.OpenAsync(spec, _options.PinOf(container.Id), container.Network!.Legs, cancel);
    }

    private async Task RemoveAsync(string containerId, CancellationToken cancel)
    {
        await _services.CloseAsync(containerId, cancel);
        _ends.Release(containerId);
        if (_containers.TryRemove(containerId, out var gone))
        {
            await ProgramAsync(cancel);
            _host.Apply(DeletionOf(containerId, gone.Legs));
            gone.Space.Dispose();
        }
        NetworkNamespace.Delete(_options.PinOf(containerId));
        _attachments.Delete(containerId);
    }

    /// <summary>One leg of a container that goes on.</summary>
    private async Task TakeAsync(UsersContainer container, AttachedLeg leg)
    {
        if (leg is not BridgeLeg { Bridge.Macvlan: not null }) _host.Apply(DeletionOf(container.Id, [leg]));
        else await TakeInsideAsync(container, leg);
    }

    /// <summary>With it goes its other end, wherever that is.</summary>
    private static Task TakeInsideAsync(UsersContainer container, AttachedLeg leg) => container.Space.RunAsync(() =>
    {
        using var inside = RtNetlink.OpenHere();
        inside.Apply(new NetlinkBatch().DeleteLink(leg.Device));
    });

    private NetlinkBatch DeletionOf(string containerId, IEnumerable<AttachedLeg> legs)
    {
        var batch = new NetlinkBatch();
        foreach (var leg in legs.OfType<BridgeLeg>().Where(leg => leg.Bridge.Macvlan is null))
        {
            batch.DeleteLink(DeviceNames.BridgePort(containerId, leg.Number));
            if (_devices.IndexOf(leg.Bridge) is not 0 and var bridge)
            {
                foreach (var address in leg.Addresses) batch.DeleteNeighbour(bridge, address.Address);
            }
        }
        return batch;
    }

    /// <summary>Of containers that nobody knows any more, whose namespaces may be gone.</summary>
    private void RemovePorts(HashSet<string> known)
    {
        var expected = known.SelectMany(id => (_attachments.Read(id)?.Legs ?? []).Select(leg => DeviceNames.BridgePort(id, leg.Number))).ToHashSet(StringComparer.Ordinal);
        var batch = new NetlinkBatch();
        foreach (var link in _host.Links().Where(link => DeviceNames.IsBridgePort(link.Name) && !expected.Contains(link.Name))) batch.DeleteLink(link.Name);
        if (!batch.IsEmpty) _host.Apply(batch);
    }

    private async Task TryAdoptAsync(ContainerDefinition definition, Dictionary<string, BridgeSpec> bridges, CancellationToken cancel)
    {
        try
        {
            if (_attachments.Read(definition.Id) is not { } stored || NetworkNamespace.TryOpen(_options.PinOf(definition.Id)) is not { } space)
            {
                LogNothingLeft(definition.Name);
                return;
            }
            var (legs, gone, lacking) = LegMatch.Between(definition.Standalone.Endpoints, AttachmentFiles.LegsOf(stored, definition, bridges));
            var container = new UsersContainer(definition, legs, space) { Ports = AttachmentFiles.PortsOf(stored), Lacking = lacking };
            foreach (var leg in gone) await DropAsync(container, leg);
            foreach (var leg in container.Legs.OfType<BridgeLeg>()) TryEnsure(leg.Bridge);
            foreach (var port in container.Ports) _ends.HoldAgain(port.Host, container.Id);
            _swarm.Adopt(container.Id, container.Legs);
            _containers[container.Id] = container = container with { Network = Shown(container), AwaitsSwarm = container.Legs.Any(leg => leg is OverlayLeg) };
            if (container.AwaitsSwarm) return;
            if (gone.Length > 0) container = await ApplyAsync(await WithWayOutAsync(container, cancel), cancel);
            await ServeAsync(await VerifyContainerAsync(container, null, cancel), cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogAdoptionFailed(error, definition.Name);
        }
    }

    /// <summary>A leg that a daemon was about to take away when it was killed. What the swarm has given for it goes back, as nobody wishes it any more.</summary>
    private async Task DropAsync(UsersContainer container, AttachedLeg leg)
    {
        _host.Apply(DeletionOf(container.Id, [leg]));
        await TakeInsideAsync(container, leg);
        _files.Remove(container, leg);
        LogDisconnected(container.Definition.Name, leg.NetworkName);
    }

    /// <summary>Those on the host's own networks.</summary>
    private async Task MakeLackingAsync(UsersContainer container, CancellationToken cancel)
    {
        foreach (var endpoint in container.Lacking.Where(endpoint => IsOfHost(endpoint.Network))) await TryMakeLackingAsync(container.Definition, endpoint, null, cancel);
    }

    /// <summary>A leg that a daemon was about to make when it was killed.</summary>
    private async Task TryMakeLackingAsync(ContainerDefinition definition, StandaloneEndpoint endpoint, OverlayLeg? given, CancellationToken cancel)
    {
        try
        {
            await ConnectAsync(definition, endpoint, given, cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogLegLacks(error, definition.Name, endpoint.Network);
        }
    }

    private void TryEnsure(BridgeSpec bridge)
    {
        try
        {
            Heal(bridge.Name, _devices.Ensure(bridge));
        }
        catch (Exception error) when (error is SkeinException or IOException)
        {
            LogBridgeFailed(error, bridge.Name);
        }
    }
}
