using System.Globalization;
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
        foreach (var container in attached.Where(container => whole || !ports.Have(container.Made)))
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

    private async Task VerifyContainerAsync(ContainerNetworkSpec spec, LegPorts ports, CancellationToken cancel)
    {
        // One that is held is being attached or removed just now.
        if (!_locks.TryGetValue(spec.ContainerId, out var semaphore) || !await semaphore.WaitAsync(0, cancel)) return;
        using var held = new Held(semaphore);
        if (!_containers.TryGetValue(spec.ContainerId, out var container) || container is not { Network: not null, Space: { } space }) return;
        // A network whose devices are not there tells nothing about its legs.
        if (_gateway.Index == 0 || Missing(container.Spec) is not null) return;
        var legs = LegsOf(container.Spec, present: null);
        var verdict = await new LegLook(space, legs, container.Spec.Sysctls, container.Spec.ArrangesItself).PutRightAsync(Programmer(), container.Made, ports);
        _containers[spec.ContainerId] = container with { Made = legs };
        Heal(spec.Name, verdict.PutRight);
        if (verdict.Remade) await _services.OpenAsync(container.Spec, space.Path, Shown(container.Spec, legs), cancel);
    }

    private void Heal(string where, IReadOnlyList<string> putRight)
    {
        if (putRight.Count == 0) return;
        Interlocked.Add(ref _healed, putRight.Count);
        LogPutRight(where, string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", putRight.Take(3))}{(putRight.Count > 3 ? $" and {putRight.Count - 3} more" : "")}"));
    }
}
