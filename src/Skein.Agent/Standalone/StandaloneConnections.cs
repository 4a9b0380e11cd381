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
        if (all.Any(other => networks.IsOn(other, endpoint.Network)))
            throw new SkeinException(ErrorKind.Forbidden, $"endpoint with name {changed.Name} already exists in network {endpoint.Network}");
        // The lowest that is free: the legs that stand keep theirs, one on docker_gwbridge among them.
        while (all.Any(other => other.Number == endpoint.Number) || networks.HasDevice(id, $"eth{endpoint.Number}")) endpoint.Number++;
        all.Add(endpoint);
        networks.Require(endpoint);
        networks.NameNetworks(changed);
        if (IsUp(id)) await networks.ConnectAsync(changed, endpoint, cancel);
        await engine.RedefineAsync(changed, cancel);
    }

    public async Task DisconnectAsync(string id, string network, CancellationToken cancel)
    {
        var changed = RequireLegs(engine.Find(id).Definition.Clone());
        if (changed.Standalone.Endpoints.FirstOrDefault(endpoint => networks.IsOn(endpoint, network)) is not { } gone)
            throw new SkeinException(ErrorKind.Forbidden, $"container {id} is not connected to network {network}");
        changed.Standalone.Endpoints.Remove(gone);
        networks.NameNetworks(changed);
        if (IsUp(id)) await networks.DisconnectAsync(id, network, cancel);
        await engine.RedefineAsync(changed, cancel);
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
