using System.Globalization;
using Microsoft.Extensions.Logging;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Bridges;

// What somebody else changes is put right: at the host's events of devices and tables, and at the clock.
public sealed partial class BridgeNetworking
{
    private static readonly TimeSpan VerifyEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    /// <summary>Follows the kernel's events and the clock until cancelled. Refusals of the kernel are logged and tried again.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var verified = _time.GetTimestamp();
        var fabric = _swarm.NextLook;
        while (true)
        {
            await WaitAsync(fabric, cancel);
            fabric = _swarm.NextLook;
            try
            {
                var whole = _time.GetElapsedTime(verified) >= VerifyEvery;
                await VerifyAsync(whole, cancel);
                if (whole) verified = _time.GetTimestamp();
            }
            catch (Exception error) when (error is not OperationCanceledException || !cancel.IsCancellationRequested)
            {
                LogVerifyFailed(error);
            }
        }
    }

    /// <param name="whole">Also what is inside namespaces, which tells no events.</param>
    internal Task VerifyAsync(bool whole, CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        var networks = Kept();
        if (networks.Count == 0 && _containers.IsEmpty) return true;
        // One that cannot be put right keeps none of the others from it.
        foreach (var network in networks) TryEnsure(network);
        Heal("the host", _tables.Verify());
        var ports = Programmer().Ports();
        foreach (var container in _containers.Values.Where(container => whole || !PortsStand(container, ports))) await TryVerifyAsync(container, ports, cancel);
        if (whole) await _services.VerifyAsync(cancel);
        else await _services.VerifyFirewallAsync(cancel);
        return true;
    });

    private bool PortsStand(UsersContainer container, LegPorts ports) => !CanLook(container) || ports.Have(LegsOf(container));

    /// <summary>A network whose devices are not there tells nothing about its legs.</summary>
    private bool CanLook(UsersContainer container) => _swarm.Stand(container.Legs);

    private async Task TryVerifyAsync(UsersContainer container, LegPorts ports, CancellationToken cancel)
    {
        try
        {
            await VerifyContainerAsync(container, ports, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SkeinException)
        {
            LogContainerFailed(error, container.Definition.Name);
        }
    }

    /// <param name="ports">As read a moment ago, for all containers; null = it is to be read.</param>
    /// <returns>As it stands now.</returns>
    private async Task<UsersContainer> VerifyContainerAsync(UsersContainer container, LegPorts? ports, CancellationToken cancel)
    {
        if (!CanLook(container)) return container;
        var legs = LegsOf(container);
        var verdict = await new LegLook(container.Space, legs, container.Definition.Spec.Sysctls, ArrangesItself(container)).PutRightAsync(Programmer(), container.Made, ports);
        _containers[container.Id] = container = container with { Made = legs };
        Heal(container.Definition.Name, verdict.PutRight);
        if (verdict.Remade) await ServeAsync(container, cancel);
        return container;
    }

    /// <summary>What has the right to change its own network keeps what it changes inside.</summary>
    private static bool ArrangesItself(UsersContainer container) =>
        container.Definition.Standalone.Privileged
        || container.Definition.Spec.CapabilityAdd.Any(capability => capability.ToUpperInvariant() is "ALL" or "CAP_ALL" or "NET_ADMIN" or "CAP_NET_ADMIN");

    /// <param name="fabric">The other ends of legs on the swarm's networks are there, and what happens to them it knows.</param>
    private async Task WaitAsync(Task fabric, CancellationToken cancel)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var clock = Task.Delay(VerifyEvery, _time, done.Token);
        var (devices, tables) = (_deviceEvents.WaitAsync(done.Token), _tableEvents.WaitAsync(done.Token));
        var overlays = _containers.Values.Any(container => container.Legs.Any(leg => leg is OverlayLeg)) ? fabric : Task.Delay(Timeout.InfiniteTimeSpan, _time, done.Token);
        var first = await Task.WhenAny(clock, devices, tables, overlays);
        // Twenty containers starting make hundreds of events: one look at their end.
        if (first == devices || first == overlays) await Task.Delay(Settle, _time, done.Token);
        await done.CancelAsync();
        await Task.WhenAll(clock, devices, tables).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        cancel.ThrowIfCancellationRequested();
    }

    private void Heal(string where, IReadOnlyList<string> putRight)
    {
        if (putRight.Count == 0) return;
        Healed += putRight.Count;
        LogPutRight(where, string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", putRight.Take(3))}{(putRight.Count > 3 ? $" and {putRight.Count - 3} more" : "")}"));
    }
}
