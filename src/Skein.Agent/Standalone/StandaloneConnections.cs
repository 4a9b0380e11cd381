using Skein.Agent.Containers;
using Skein.Agent.Networks;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Agent.Standalone;

/// <summary>`docker network connect` and `disconnect`: what a container's definition says of its legs, and what follows where it runs.</summary>
/// <remarks>The definition first, the legs after: a daemon that is killed in between leaves the next one what the legs are to be.</remarks>
internal sealed class StandaloneConnections(IContainerEngine engine, StandaloneSandbox networks)
{
    /// <param name="waiting">Ends the wait for the swarm.</param>
    public async Task ConnectAsync(string id, StandaloneEndpoint endpoint, CancellationToken waiting, CancellationToken cancel)
    {
        var before = engine.Find(id).Definition;
        var changed = RequireLegs(before.Clone());
        var all = changed.Standalone.Endpoints;
        if (all.FirstOrDefault(other => networks.IsOn(other, endpoint.Network)) is { } former)
        {
            if (IsUp(id)) throw new SkeinException(ErrorKind.Forbidden, $"endpoint with name {changed.Name} already exists in network {endpoint.Network}");
            // As in Docker: while it does not run, it is said anew how it is to be there. Its place and its number stay.
            endpoint.Number = former.Number;
            all[all.IndexOf(former)] = endpoint;
        }
        else
        {
            // The lowest that is free: the legs that stand keep theirs, one on docker_gwbridge among them.
            endpoint.Number = LegNumber.Free(number => all.Any(other => other.Number == number) || networks.HasDevice(id, LegNumber.Device(number)));
            all.Add(endpoint);
        }
        networks.Require(endpoint);
        networks.NameNetworks(changed);
        await ChangeAsync(before, changed, note => networks.ConnectAsync(changed, endpoint, note, waiting, cancel), cancel);
    }

    public async Task DisconnectAsync(string id, string network, CancellationToken cancel)
    {
        var before = engine.Find(id).Definition;
        var changed = RequireLegs(before.Clone());
        if (changed.Standalone.Endpoints.FirstOrDefault(endpoint => networks.IsOn(endpoint, network)) is not { } gone)
            throw new SkeinException(ErrorKind.Forbidden, $"container {id} is not connected to network {network}");
        changed.Standalone.Endpoints.Remove(gone);
        networks.NameNetworks(changed);
        await ChangeAsync(before, changed, async note =>
        {
            await note();
            await networks.DisconnectAsync(changed, network, cancel);
        }, cancel);
    }

    /// <param name="legs">Of one that runs; calls what it is given, which writes the change down, before it begins.</param>
    private async Task ChangeAsync(ContainerDefinition before, ContainerDefinition changed, Func<Func<Task>, Task> legs, CancellationToken cancel)
    {
        if (!IsUp(changed.Id))
        {
            await engine.RedefineAsync(changed, cancel);
            return;
        }
        var noted = false;
        try
        {
            await legs(async () =>
            {
                await engine.RedefineAsync(changed, cancel);
                noted = true;
            });
        }
        catch when (noted)
        {
            await TakeBackAsync(before);
            throw;
        }
    }

    private async Task TakeBackAsync(ContainerDefinition before)
    {
        try
        {
            await engine.RedefineAsync(before, CancellationToken.None);
        }
        catch (SkeinException gone) when (gone.Kind == ErrorKind.NotFound)
        {
            // It has been removed meanwhile.
        }
    }

    private bool IsUp(string id) => engine.Find(id).State.IsRunning;

    private static ContainerDefinition RequireLegs(ContainerDefinition definition)
    {
        var mode = definition.Standalone.NetworkMode;
        if (StandaloneSandbox.HasLegs(definition.Standalone)) return definition;
        throw SkeinException.Invalid(mode == NamespaceMode.None
            ? "container cannot be connected to multiple networks with one of the networks in private (none) mode"
            : "container sharing network namespace with another container or host cannot be connected to any other network");
    }
}
