using System.Globalization;
using Microsoft.Extensions.Logging;
using Skein.Agent.Networks;
using Skein.Linux.Netlink;
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
        while (true)
        {
            await WaitAsync(cancel);
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
        foreach (var container in _containers.Values.Where(container => whole || !PortsStand(container, ports))) await TryVerifyAsync(container, ports);
        if (whole) await _services.VerifyAsync(cancel);
        else await _services.VerifyFirewallAsync(cancel);
        return true;
    });

    private bool PortsStand(AttachedToBridges container, LegPorts ports) => !CanLook(container) || LegsOf(container).Where(leg => leg.Macvlan is null).All(leg =>
        ports.ByName.GetValueOrDefault(leg.Port) is { Up: true } port && port.Master == leg.Bridge);

    /// <summary>A network whose devices are not there tells nothing about its legs.</summary>
    private bool CanLook(AttachedToBridges container) => _swarm.Stand(container.Legs);

    private async Task TryVerifyAsync(AttachedToBridges container, LegPorts ports)
    {
        try
        {
            await VerifyContainerAsync(container, ports);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SkeinException)
        {
            LogContainerFailed(error, container.Definition.Name);
        }
    }

    /// <param name="ports">As read a moment ago, for all containers; null = it is to be read.</param>
    private async Task VerifyContainerAsync(AttachedToBridges container, LegPorts? ports)
    {
        if (!CanLook(container)) return;
        if (container.Space.EnsurePinned()) Heal(container.Definition.Name, ["the pin of its namespace"]);
        var legs = LegsOf(container);
        var (changes, _) = await container.Space.RunAsync(() =>
        {
            using var inside = RtNetlink.OpenHere();
            return Programmer().Verify(container.Space, inside, legs, all: !ArrangesItself(container), mtuFollows: false, ports);
        });
        Heal(container.Definition.Name, changes);
    }

    /// <summary>What has the right to change its own network keeps what it changes inside.</summary>
    private static bool ArrangesItself(AttachedToBridges container) =>
        container.Definition.Standalone.Privileged
        || container.Definition.Spec.CapabilityAdd.Any(capability => capability.ToUpperInvariant() is "ALL" or "CAP_ALL" or "NET_ADMIN" or "CAP_NET_ADMIN");

    private async Task WaitAsync(CancellationToken cancel)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var clock = Task.Delay(VerifyEvery, _time, done.Token);
        var (devices, tables) = (_deviceEvents.WaitAsync(done.Token), _tableEvents.WaitAsync(done.Token));
        var first = await Task.WhenAny(clock, devices, tables);
        // Twenty containers starting make hundreds of events: one look at their end.
        if (first == devices) await Task.Delay(Settle, _time, done.Token);
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
