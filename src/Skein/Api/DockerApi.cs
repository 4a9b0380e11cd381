using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Skein.Agent.Bridges;
using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Agent.Standalone;
using Skein.Api.Builds;
using Skein.Api.Containers;
using Skein.Api.Containers.Commit;
using Skein.Api.Engine;
using Skein.Api.Hijack;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Api.Networks;
using Skein.Api.Swarm;
using Skein.Api.Volumes;
using Skein.Manager.Store;
using Skein.Model;
using Skein.NodeLife;

namespace Skein.Api;

/// <summary>
/// Docker's Engine API over this host's containers, images and networks and its swarm. Each listener is given
/// <see cref="Hijack"/>, the application <see cref="Map"/>; <see cref="RunAsync"/> carries events.
/// </summary>
public sealed class DockerApi(
    EngineIdentity identity,
    IContainerEngine containers,
    IStandaloneContainers standalone,
    IImageStore images,
    ITaskNetworking networking,
    IStandaloneNetworking users,
    IHostNetworks bridges,
    AssignmentState assignments,
    ISwarmNode swarm,
    IIdSource ids,
    TimeProvider time,
    ILoggerFactory loggers)
{
    private readonly EventHub _events = new(time);

    private ContainerLegs Legs => new(networking, users);

    private readonly NetworkCatalog _networks = new(identity, swarm, assignments, networking, new(networking, users), bridges, containers, time);

    /// <summary>What `docker info` warns of.</summary>
    public Func<IReadOnlyList<string>> Warnings { get; init; } = static () => [];

    private readonly BuildStreams _builds = new(identity.BuildKitSocket, images, ids, loggers.CreateLogger("Skein.Api"));
    private readonly ApiMiddleware _middleware = new(identity, loggers.CreateLogger("Skein.Api"));

    /// <summary>Puts the stream takeover on a listener; before any other of its middlewares but TLS.</summary>
    public void Hijack(ListenOptions listener)
    {
        var stopping = listener.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var hijack = new HijackMiddleware(containers, _builds, identity, time, stopping, loggers.CreateLogger("Skein.Api"));
        listener.Use(next => connection => hijack.OnConnectionAsync(connection, next));
    }

    /// <summary>Lets the application's Kestrel serve what is tunnelled in the connections that <see cref="Hijack"/> takes over.</summary>
    public void AddTunnels(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IConnectionListenerFactory>(_builds.Tunnels);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(_builds.Tunnels.EndPoint, listener => listener.Protocols = HttpProtocols.Http2));
    }

    /// <summary>Routes and their surroundings. Call before the application starts.</summary>
    public void Map(WebApplication app)
    {
        app.Lifetime.ApplicationStopped.Register(_builds.Dispose);
        app.Use(GrpcGate.InvokeAsync);
        app.Use((context, next) => _middleware.InvokeAsync(context, next));
        app.UseWebSockets();
        // Routing comes after the middleware, which takes the version prefix off the path.
        app.UseRouting();
        app.Use((context, next) => swarm.WaitSettledAsync(context, next));
        new EngineRoutes(identity, containers, _builds.BuildKit, swarm).Map(app);
        new InfoRoutes(identity, containers, images, swarm, _events, time, Warnings).Map(app);
        new EventRoutes(_events, time).Map(app);
        new DiskUsageRoutes(identity, containers, images, Legs, time).Map(app);
        new ContainerLifeRoutes(containers, standalone, images, _events, ids, time).Map(app);
        new ArchiveRoutes(containers).Map(app);
        new ContainerRoutes(containers, images, Legs, new(identity.DataRoot), time).Map(app);
        new CommitRoutes(containers, images, Legs, _events).Map(app);
        new WebSocketRoutes(containers, time, loggers.CreateLogger("Skein.Api")).Map(app);
        new ImageRoutes(images, _events, time).Map(app);
        new VolumeRoutes(containers.Volumes, new(identity.DataRoot), _events).Map(app);
        new NetworkRoutes(_networks, swarm, bridges, standalone, _events, time).Map(app);
        new SwarmRoutes(swarm).Map(app);
        new NodeRoutes(swarm).Map(app);
        new ServiceRoutes(swarm, ids).Map(app);
        new TaskRoutes(swarm).Map(app);
        new DependencyRoutes<Secret>(swarm, ObjectKind.Secret).Map(app);
        new DependencyRoutes<Config>(swarm, ObjectKind.Config).Map(app);
        new LogRoutes(swarm).Map(app);
        new BuildRoutes(_builds.BuildKit, time).Map(app);
        new UnsupportedRoutes().Map(app);
        // The pattern is given for the paths with a dot in their last part, which MapFallback leaves out by itself.
        app.MapFallback("{**path}", _ => throw SkeinException.NotFound("page not found"));
    }

    /// <summary>Turns what happens to containers and in the swarm into Docker's events, until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(
        new ContainerEvents(containers, _networks, _events).RunAsync(cancel),
        new VolumeEvents(containers.Volumes, _events).RunAsync(cancel),
        new SwarmEvents(swarm, _events, time).RunAsync(cancel));
}
