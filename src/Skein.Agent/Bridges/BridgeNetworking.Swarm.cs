using Skein.Agent.Networks;

namespace Skein.Agent.Bridges;

// Legs on the swarm's networks come and go with the host's part in it.
public sealed partial class BridgeNetworking
{
    /// <summary>
    /// Runs while the host is in a swarm. What an earlier daemon left stands in the kernel, and its names and balancers are served as soon as the
    /// networks are known again: from the session's memory, without a manager.
    /// </summary>
    public async Task FollowSwarmAsync(CancellationToken cancel)
    {
        var generation = 0L;
        while (true)
        {
            generation = await _swarm.NewsAsync(generation, cancel);
            foreach (var waiting in _containers.Values.Where(container => container.AwaitsSwarm).Select(container => container.Id).ToList())
                await GatedAsync(cancel, () => TakeUpAsync(waiting, cancel));
        }
    }

    /// <summary>The host leaves its swarm: its containers go on without legs on the swarm's networks.</summary>
    public Task LeaveSwarmAsync(CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        foreach (var container in _containers.Values.Where(container => container.Legs.Any(leg => leg is OverlayLeg)).ToList())
        {
            var rest = container with { Legs = [.. container.Legs.Where(leg => leg is BridgeLeg)], Ports = [.. container.Ports.Where(_ => container.Legs.Any(leg => leg is BridgeLeg))], AwaitsSwarm = false };
            _swarm.Release(container.Id, returns: false);
            if (rest.Ports.IsEmpty) _ends.Release(container.Id);
            await ApplyAsync(rest, cancel);
        }
        _swarm.LeaveSwarm();
        return true;
    });

    public void Recovered() => _swarm.Recovered();

    private async Task<bool> TakeUpAsync(string containerId, CancellationToken cancel)
    {
        if (!_containers.TryGetValue(containerId, out var container) || !container.AwaitsSwarm) return false;
        try
        {
            await _swarm.EnsureAsync(container.Legs, cancel);
            await VerifyContainerAsync(container, null);
            await ServeAsync(container, cancel);
            _containers[containerId] = container with { AwaitsSwarm = false };
            await ProgramAsync(cancel);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The next assignments may know its networks.
            LogAdoptionFailed(error, container.Definition.Name);
            return false;
        }
    }
}
