using Skein.Agent.Bridges;
using Skein.Agent.Standalone;
using Skein.Api.Containers.Create;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Api.Swarm;
using Skein.NodeLife;
using Skein.Model;

namespace Skein.Api.Networks;

/// <summary>/networks</summary>
internal sealed class NetworkRoutes(
    NetworkCatalog catalog, ISwarmNode swarm, IHostNetworks bridges, IStandaloneContainers containers, EventHub events, TimeProvider time)
{
    private static readonly string[] s_builtIn = [LocalNetworks.DefaultName, "host", "none"];

    /// <summary>Those that are the host's or the daemon's own: they are there used or not, and stay.</summary>
    private static readonly string[] s_own = [.. s_builtIn, KnownNetworks.GatewayBridge];

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/networks", ListAsync);
        app.MapGet("/networks/{id}", InspectAsync);
        app.MapPost("/networks/create", CreateAsync).ToEnd();
        app.MapPost("/networks/prune", PruneAsync).ToEnd();
        app.MapPost("/networks/{id}/connect", ConnectAsync).ToEnd();
        app.MapPost("/networks/{id}/disconnect", DisconnectAsync).ToEnd();
        app.MapDelete("/networks/{id}", RemoveAsync).ToEnd();
    }

    private Task ListAsync(HttpContext context)
    {
        var filters = context.Filters().Accept("dangling", "driver", "id", "label", "name", "scope", "type");
        foreach (var type in filters["type"].Where(t => t is not ("builtin" or "custom"))) throw SkeinException.Invalid($"invalid filter: 'type'='{type}'");
        var dangling = filters.Flag("dangling");
        var rows = catalog.List()
            .Where(n => dangling is not { } unused || unused != (s_own.Contains(n.Name) || catalog.InUse(n)))
            .Where(n => filters.Exact("driver", n.Driver))
            .Where(n => filters.Matches("id", n.Id))
            .Where(n => filters.Matches("name", n.Name))
            .Where(n => filters.Exact("scope", n.Scope))
            .Where(n => filters.Labels("label", n.Labels))
            .Where(n => filters.Exact("type", s_builtIn.Contains(n.Name) ? "builtin" : "custom"))
            .OrderBy(n => n.Name, StringComparer.Ordinal);
        return context.JsonAsync<IReadOnlyList<NetworkJson>>([.. rows], NetworksJson.Default.IReadOnlyListNetworkJson);
    }

    private Task InspectAsync(HttpContext context)
    {
        var network = catalog.Inspect(context.Route("id"), context.QueryGoBool("verbose"));
        if (context.Query("scope") is not { Length: > 0 } scope || scope == network.Scope)
            return context.JsonAsync(network, NetworksJson.Default.NetworkJson);
        // Only who names it for a service asks for the swarm's: Docker gives such tasks the host's own network.
        if (network.Name == "host") throw SkeinException.NotImplemented("tasks on the network \"host\" are not supported yet: use an overlay network");
        throw SkeinException.NotFound($"network {context.Route("id")} not found");
    }

    private async Task CreateAsync(HttpContext context)
    {
        var body = await context.BodyAsync(NetworksJson.Default.NetworkCreateJson);
        NetworkCreateCheck.Check(body);
        if (catalog.List().Any(n => n.Name == body.Name)) throw SkeinException.Conflict($"network with name {body.Name} already exists");
        var id = body.IsOfHost
            ? (await bridges.CreateNetworkAsync(body.ToLocal(), context.RequestAborted)).Id
            : (await swarm.ManagerControl().CreateNetworkAsync(body.ToModel(), context.RequestAborted)).Id;
        if (body.IsOfHost) Tell("create", catalog.Find(id));
        await context.JsonAsync(new NetworkCreatedJson(id, ""), NetworksJson.Default.NetworkCreatedJson, StatusCodes.Status201Created);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var network = catalog.Find(context.Route("id"));
        if (s_builtIn.Contains(network.Name))
            throw new SkeinException(ErrorKind.Forbidden, $"{network.Name} is a pre-defined network and cannot be removed");
        if (network.Name == KnownNetworks.GatewayBridge && swarm.State != LocalNodeState.Inactive)
            throw new SkeinException(ErrorKind.Forbidden, $"error while removing network: network {network.Name} has active endpoints ({string.Join(", ", catalog.EndpointsOf(network))})");
        if (IsOfHost(network)) await RemoveAsync(network, context.RequestAborted);
        else await swarm.ManagerControl().RemoveNetworkAsync(network.Id, context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status204NoContent);
    }

    private async Task PruneAsync(HttpContext context)
    {
        var filters = context.Filters().Accept("until", "label", "label!");
        var taken = new PruneFilter(filters, time.GetUtcNow());
        var removed = new List<string>();
        foreach (var network in bridges.All.Where(n => !s_own.Contains(n.Name) && taken.Takes(n.Labels, n.Created?.ToDateTimeOffset())).Select(NetworkCatalog.From))
        {
            try
            {
                await RemoveAsync(network, context.RequestAborted);
                removed.Add(network.Name);
            }
            catch (SkeinException)
            {
                // As below.
            }
        }
        if (swarm.Control is { } control)
        {
            foreach (var network in control.Snapshot.Networks.All.Where(n => !n.Spec.Ingress && taken.Takes(n.Spec.Annotations.Labels, n.Meta?.CreatedAt?.ToDateTimeOffset())))
            {
                try
                {
                    await control.RemoveNetworkAsync(network.Id, context.RequestAborted);
                    removed.Add(network.Spec.Annotations.Name);
                }
                catch (SkeinException)
                {
                    // It is in use: pruning takes only what is not.
                }
            }
        }
        events.PublishPrune("network", 0);
        await context.JsonAsync(new NetworkPruneJson(removed), NetworksJson.Default.NetworkPruneJson);
    }

    private async Task ConnectAsync(HttpContext context)
    {
        var (network, body) = (catalog.FindToJoin(context.Route("id")), await context.BodyAsync(NetworksJson.Default.NetworkConnectJson));
        var container = RequireConnectable(network, body.Container);
        var id = await containers.ConnectAsync(container, EndpointsReader.Read(network?.Name ?? context.Route("id"), body.EndpointConfig ?? new()), context.RequestAborted);
        if ((network ?? catalog.FindToJoin(context.Route("id"))) is { } joined) Tell("connect", joined, id);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private async Task DisconnectAsync(HttpContext context)
    {
        var (network, body) = (catalog.Find(context.Route("id")), await context.BodyAsync(NetworksJson.Default.NetworkDisconnectJson));
        var container = RequireConnectable(network, body.Container);
        Tell("disconnect", network, await containers.DisconnectAsync(container, network.Name, context.RequestAborted));
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private static string RequireConnectable(NetworkJson? network, string? container)
    {
        if (network?.Driver == "host") throw SkeinException.Invalid("container cannot be disconnected from host network or connected to host network");
        if (network?.Driver == "null") throw SkeinException.Invalid("container cannot be connected to multiple networks with one of the networks in private (none) mode");
        return container is { Length: > 0 } ? container : throw SkeinException.Invalid("invalid container name or ID: value is empty");
    }

    private bool IsOfHost(NetworkJson network) => bridges.All.Any(own => own.Id == network.Id);

    private async Task RemoveAsync(NetworkJson network, CancellationToken cancel)
    {
        await bridges.RemoveNetworkAsync(network.Id, cancel);
        Tell("destroy", network);
    }

    /// <param name="container">Its id, whatever the client has called it.</param>
    private void Tell(string action, NetworkJson network, string? container = null)
    {
        var attributes = new Dictionary<string, string> { ["name"] = network.Name, ["type"] = network.Driver };
        if (container is not null) attributes["container"] = container;
        events.Publish(new EngineEvent(time.GetUtcNow(), "network", action, network.Id, "local", attributes));
    }
}
