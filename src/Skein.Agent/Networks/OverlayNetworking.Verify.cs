using System.Globalization;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

// A container's network is made once; here it is looked at again and put right. At the kernel's events only where a port
// is not as it was (fabric and host tell theirs), at the clock everywhere: a look takes about a millisecond.
public sealed partial class OverlayNetworking
{
    private long _healed;

    /// <summary>What the clock has done every 30 s.</summary>
    internal async Task VerifyAsync(CancellationToken cancel)
    {
        await PassAsync(null, cancel);
        await VerifyContainersAsync(whole: true, cancel);
    }

    private async Task VerifyContainersAsync(bool whole, CancellationToken cancel)
    {
        // Before the ports are read: one that is attached later than that has none among them.
        var attached = _containers.Values.Where(container => container.Network is not null && container.Spec.ContainerId != IngressId).ToList();
        if (attached.Count == 0) return;
        var ports = Programmer().Ports();
        foreach (var container in attached.Where(container => whole || !PortsStand(container, ports)))
        {
            try
            {
                await VerifyContainerAsync(container.Spec, ports, cancel);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or SkeinException)
            {
                LogVerifyFailed(error, container.Spec.Name);
            }
        }
    }

    private bool PortsStand(AttachedContainer container, LegPorts outside)
    {
        var ports = outside.ByName;
        if (container.Ports.Any(port => ports.GetValueOrDefault(port.Device) is not { Up: true })) return false;
        if (!container.Network!.Legs.Any(leg => leg.NetworkId == DeviceNames.GatewayBridge)) return true;
        return ports.GetValueOrDefault(DeviceNames.GatewayPort(container.Spec.ContainerId)) is { Up: true } gateway && gateway.Master == _gateway.Index;
    }

    private async Task VerifyContainerAsync(ContainerNetworkSpec spec, LegPorts ports, CancellationToken cancel)
    {
        // One that is held is being attached or removed just now.
        if (!_locks.TryGetValue(spec.ContainerId, out var semaphore) || !await semaphore.WaitAsync(0, cancel)) return;
        using var held = new Held(semaphore);
        if (!_containers.TryGetValue(spec.ContainerId, out var container) || container is not { Network: not null, Space: { } space }) return;
        // A network whose devices are not there tells nothing about its legs.
        if (_gateway.Index == 0 || Missing(container.Spec) is not null) return;
        if (space.EnsurePinned()) Heal(spec.Name, ["the pin of its namespace"]);
        var mtus = MtusOf(container.Spec);
        var verdict = await space.RunAsync(() => VerifyLegs(container.Spec, space, !mtus.SequenceEqual(container.Mtus), ports));
        _containers[spec.ContainerId] = container with { Mtus = mtus };
        Heal(spec.Name, verdict.PutRight);
        if (verdict.Remade) await _services.OpenAsync(container.Spec, space.Path, verdict.Legs, cancel);
    }

    /// <summary>On a thread inside the container's namespace.</summary>
    private LegVerdict VerifyLegs(ContainerNetworkSpec spec, NetworkNamespace space, bool mtuFollows, LegPorts ports)
    {
        using var inside = RtNetlink.OpenHere();
        var legs = LegsOf(spec, present: null);
        var sysctls = spec.ArrangesItself ? [] : NamespaceLegs.TuneAgain(legs, spec.Sysctls);
        var (changes, remade) = Programmer().Verify(space, inside, legs, !spec.ArrangesItself, mtuFollows, ports);
        var ofLegs = spec.ArrangesItself && !remade ? [] : NamespaceLegs.TuneLegs(legs, spec.Sysctls);
        return new LegVerdict(Shown(spec, legs), [.. sysctls, .. changes, .. remade ? [] : ofLegs], remade);
    }

    private void Heal(string where, IReadOnlyList<string> putRight)
    {
        if (putRight.Count == 0) return;
        Interlocked.Add(ref _healed, putRight.Count);
        LogPutRight(where, string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", putRight.Take(3))}{(putRight.Count > 3 ? $" and {putRight.Count - 3} more" : "")}"));
    }
}
