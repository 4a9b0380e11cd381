using Skein.Agent.Containers;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Agent.Standalone;

/// <summary>`docker network connect` and `disconnect`: what a container's definition says of its legs, and what follows where it runs.</summary>
internal sealed class StandaloneConnections(IContainerEngine engine, StandaloneSandbox networks)
{
    public async Task ConnectAsync(string id, StandaloneEndpoint endpoint, CancellationToken cancel)
    {
        var changed = RequireLegs(engine.Find(id).Definition.Clone());
        var all = changed.Standalone.Endpoints;
        if (all.FirstOrDefault(other => networks.IsOn(other, endpoint.Network)) is { } former)
        {
            if (IsUp(id)) throw new SkeinException(ErrorKind.Forbidden, $"endpoint with name {changed.Name} already exists in network {endpoint.Network}");
            // As in Docker: while it does not run, it is said anew how it is to be there.
            all.Remove(former);
            endpoint.Number = former.Number;
        }
        // The lowest that is free: the legs that stand keep theirs, one on docker_gwbridge among them.
        while (all.Any(other => other.Number == endpoint.Number) || networks.HasDevice(id, $"eth{endpoint.Number}")) endpoint.Number++;
        all.Add(endpoint);
        networks.Require(endpoint);
        networks.NameNetworks(changed);
        var runs = IsUp(id);
        if (runs) await networks.ConnectAsync(changed, endpoint, cancel);
        try
        {
            await engine.RedefineAsync(changed, cancel);
        }
        catch when (runs)
        {
            // On a full disk: no disconnect would find a leg that no definition knows.
            await networks.DisconnectAsync(id, endpoint.Network, CancellationToken.None);
            throw;
        }
    }

    public async Task DisconnectAsync(string id, string network, CancellationToken cancel)
    {
        var changed = RequireLegs(engine.Find(id).Definition.Clone());
        if (changed.Standalone.Endpoints.FirstOrDefault(endpoint => networks.IsOn(endpoint, network)) is not { } gone)
            throw new SkeinException(ErrorKind.Forbidden, $"container {id} is not connected to network {network}");
        changed.Standalone.Endpoints.Remove(gone);
        networks.NameNetworks(changed);
        var runs = IsUp(id);
        if (runs) await networks.DisconnectAsync(id, network, cancel);
        try
        {
            await engine.RedefineAsync(changed, cancel);
        }
        catch when (runs)
        {
            await networks.ConnectAsync(engine.Find(id).Definition, gone, CancellationToken.None);
            throw;
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
