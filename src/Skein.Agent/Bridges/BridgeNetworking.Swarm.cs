using System.Diagnostics.CodeAnalysis;
using Skein.Agent.Networks;
using Skein.Model;

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
        // What the swarm does not give now is asked for again when there is news of it; nobody else waits for it.
        var asking = new Dictionary<(string Container, uint Leg), Task>();
        try
        {
            while (true)
            {
                generation = await _swarm.NewsAsync(generation, cancel);
                foreach (var waiting in _containers.Values.Where(container => container.AwaitsSwarm).Select(container => container.Id).ToList())
                    await GatedAsync(cancel, () => TakeUpAsync(waiting, cancel));
                foreach (var ended in asking.Where(one => one.Value.IsCompleted).Select(one => one.Key).ToList()) asking.Remove(ended);
                foreach (var (container, endpoint) in _containers.Values.SelectMany(container => container.Lacking.Select(endpoint => (container.Id, endpoint))))
                    if (!asking.ContainsKey((container, endpoint.Number))) asking[(container, endpoint.Number)] = MakeLackingAsync(container, endpoint, cancel);
            }
        }
        finally
        {
            await Task.WhenAll(asking.Values).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task MakeLackingAsync(string containerId, StandaloneEndpoint endpoint, CancellationToken cancel)
    {
        if (IsOfHost(endpoint.Network) || !IsLacking(containerId, endpoint, out var container) || !IsOfThisSwarm(container.Definition, endpoint)) return;
        try
        {
            var given = await AskSwarmAsync(container.Definition, endpoint, CancellationToken.None, cancel);
            await GatedAsync(cancel, async () =>
            {
                if (IsLacking(containerId, endpoint, out var still)) await TryMakeLackingAsync(still.Definition, endpoint, given, cancel);
                // It has ended meanwhile, is connected no more, or could not be.
                if (_containers.GetValueOrDefault(containerId)?.Legs.Contains(given) != true) _swarm.GiveBack(given.Attachment);
                return true;
            });
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogLegLacks(error, container.Definition.Name, endpoint.Network);
            // Refused for good: the next start asks again, and says so to its user.
            if (error is SkeinException { Kind: ErrorKind.NotFound or ErrorKind.InvalidArgument or ErrorKind.Forbidden }) await ForgetLackingAsync(containerId, endpoint, cancel);
        }
    }

    private Task ForgetLackingAsync(string containerId, StandaloneEndpoint endpoint, CancellationToken cancel) => GatedAsync(cancel, () =>
    {
        if (IsLacking(containerId, endpoint, out var container))
            _containers[containerId] = container with { Lacking = container.Lacking.RemoveAll(other => other.Number == endpoint.Number) };
        return Task.FromResult(true);
    });

    /// <summary>A network of the next swarm may be called the same, and nobody has connected the container to that one.</summary>
    private bool IsOfThisSwarm(ContainerDefinition definition, StandaloneEndpoint endpoint) =>
        NetworkOf(endpoint.Network) is { } now && definition.Networks.Any(known => known.Id == now.Id);

    private bool IsLacking(string containerId, StandaloneEndpoint endpoint, [NotNullWhen(true)] out UsersContainer? container) =>
        _containers.TryGetValue(containerId, out container) && container.Lacking.Any(other => other.Number == endpoint.Number && other.Network == endpoint.Network);

    /// <summary>The host leaves its swarm: its containers go on without legs on the swarm's networks.</summary>
    public Task LeaveSwarmAsync(CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        foreach (var container in _containers.Values.Where(container => container.Legs.Any(leg => leg is OverlayLeg)).ToList())
        {
            var rest = container with { Legs = [.. container.Legs.Where(leg => leg is BridgeLeg)], Ports = [.. container.Ports.Where(_ => container.Legs.Any(leg => leg is BridgeLeg))], AwaitsSwarm = false, Lacking = [] };
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
            var awaited = await WithWayOutAsync(container, cancel);
            if (awaited.Legs != container.Legs) container = await ApplyAsync(awaited, cancel);
            container = await VerifyContainerAsync(container, null, cancel);
            await ServeAsync(container, cancel);
            _containers[containerId] = container = container with { AwaitsSwarm = false };
            await MakeLackingAsync(container, cancel);
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
