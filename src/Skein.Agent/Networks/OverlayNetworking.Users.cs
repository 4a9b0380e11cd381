using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

// Users' containers: the fabric's and docker_gwbridge's ends of their legs.
public sealed partial class OverlayNetworking : IOverlayLegs
{
    private readonly ConcurrentDictionary<string, ImmutableArray<LocalPort>> _ofUsers = new(StringComparer.Ordinal);

    // Which addresses on docker_gwbridge the tasks of an earlier daemon have is known when they have been taken up, and given to nobody before.
    private readonly TaskCompletionSource _tasksTakenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    Task IOverlayLegs.NextLook => _looked.Task;

    OverlayNetwork? IOverlayLegs.Find(string idOrName) =>
        NetworkOf(idOrName) ?? _assignments.Current.Networks.Values.FirstOrDefault(network => network.Name == idOrName);

    bool IOverlayLegs.Stand(IEnumerable<string> networkIds) => _gateway.Index != 0 && Missing(networkIds) is null;

    async Task IOverlayLegs.EnsureAsync(IReadOnlyCollection<string> networkIds, CancellationToken cancel)
    {
        await _tasksTakenUp.Task.WaitAsync(cancel);
        if (_assignments.Generation <= Volatile.Read(ref _leftGeneration)) throw SkeinException.Unavailable("This node is not part of a swarm");
        var wanted = _assignments.Generation;
        await PassAsync(() => _gateway.Index != 0 && Volatile.Read(ref _appliedGeneration) >= wanted && Missing(networkIds) is null, cancel);
        if (Missing(networkIds) is { } network) throw SkeinException.Unavailable($"network {network} is not ready on this node");
    }

    void IOverlayLegs.Hold(string containerId, IReadOnlyList<LocalPort> ports)
    {
        var before = _ofUsers.GetValueOrDefault(containerId, []);
        if (ports.Count > 0) _ofUsers[containerId] = [.. ports];
        else _ofUsers.TryRemove(containerId, out _);
        var batch = new NetlinkBatch();
        foreach (var gone in before.Except(ports)) batch.DeleteLink(gone.Device);
        if (!batch.IsEmpty && _fabric is { } fabric) fabric.Fabric.Apply(batch);
    }

    LegSpec IOverlayLegs.LegOf(LocalPort port, string device, IEnumerable<InterfaceAddress> addresses) => OverlayLeg(port, device, addresses);

    (InterfaceAddress Own, IPAddress Gateway) IOverlayLegs.HoldGateway(string containerId) => (_gateway.Hold(containerId, present: null), _gateway.Host.Address);

    void IOverlayLegs.KeepGateway(string containerId, InterfaceAddress own) => _gateway.Keep(containerId, own);

    LegSpec IOverlayLegs.GatewayLegOf(string containerId, string device, InterfaceAddress own, bool published) => GatewayLeg(containerId, device, own, isolated: !published);

    void IOverlayLegs.ReleaseGateway(string containerId)
    {
        _host.Apply(new NetlinkBatch().DeleteLink(DeviceNames.GatewayPort(containerId)));
        _gateway.Release(containerId);
    }

    void IOverlayLegs.Leave() => Volatile.Write(ref _leftGeneration, _assignments.Generation);

    LegProgrammer IOverlayLegs.Programmer() => Programmer();
}
