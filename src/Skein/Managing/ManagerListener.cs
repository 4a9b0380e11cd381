using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Skein.Manager.Callers;
using Skein.Manager.Certificates;
using Skein.Manager.Dispatch;
using Skein.Manager.Logs;
using Skein.Manager.Members;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Validation;

namespace Skein.Managing;

/// <summary>
/// What a manager serves to other nodes on 2377: gRPC over TLS 1.3 with the swarm's certificates. Anybody can reach it, so all that
/// one can send before it is known who it is has a bound; docs/listeners.md has them.
/// </summary>
internal static class ManagerListener
{
    /// <summary>Sessions are streams that never end by themselves: a stop does not wait for them.</summary>
    private static readonly TimeSpan StopDeadline = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <exception cref="SkeinException">The address cannot be bound.</exception>
    public static async Task<WebApplication> StartAsync(
        IPEndPoint listen, NodeIdentity identity, IStore store, KeyRing keys, EtcdMembership members, DispatcherService dispatcher,
        TimeProvider time, IIdSource ids, ILoggerFactory logs, CancellationToken cancel)
    {
        var connections = new PeerConnections(address => IsOfNode(store.Current, address), time, logs.CreateLogger<PeerConnections>());
        var builder = BareWeb.Create(logs, StopDeadline, kestrel =>
        {
            Bound(kestrel.Limits);
            kestrel.Listen(listen, options =>
            {
                options.Protocols = HttpProtocols.Http2;
                options.Use(next => connection => connections.AdmitAsync(connection, next));
                options.UseHttps(new TlsHandshakeCallbackOptions
                {
                    HandshakeTimeout = HandshakeTimeout,
                    OnConnection = _ => ValueTask.FromResult(identity.ServerOptions()),
                });
                options.Use(next => connection => connections.KnowAsync(connection, next));
            });
        });
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(ids);
        builder.Services.AddSingleton(identity);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton(keys);
        builder.Services.AddSingleton(members);
        builder.Services.AddSingleton(dispatcher);
        builder.Services.AddSingleton<ExternalCaClient>();
        builder.Services.AddSingleton<CertificateSigner>();
        builder.Services.AddSingleton<CertificateAuthorityService>();
        builder.Services.AddSingleton<MembershipService>();
        builder.Services.AddSingleton<NodeLogsService>();
        builder.Services.AddSingleton<PresenceService>();
        builder.Services.AddSingleton<CallerAuthorization>();
        builder.Services.AddSingleton<BrokenCalls>();
        // The daemon's own life is not this listener's: a signal is the daemon's to handle.
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        AddGrpc(builder.Services);
        builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        var authorization = app.Services.GetRequiredService<CallerAuthorization>();
        app.Use(next => context => authorization.InvokeAsync(context, next));
        app.MapGrpcService<CertificateAuthorityService>();
        app.MapGrpcService<MembershipService>();
        app.MapGrpcService<DispatcherService>();
        app.MapGrpcService<NodeLogsService>();
        app.MapGrpcService<PresenceService>();
        try
        {
            await app.StartAsync(cancel);
            return app;
        }
        catch (IOException e)
        {
            await app.DisposeAsync();
            throw ManagerPorts.CannotOpen(listen, e);
        }
    }

    private static void AddGrpc(IServiceCollection services) => services
        .AddGrpc(options =>
        {
            options.Interceptors.Add<BrokenCalls>();
            options.MaxReceiveMessageSize = MessageBounds.Most;
            options.CompressionProviders.Clear();
        })
        .AddServiceOptions<CertificateAuthorityService>(options => options.MaxReceiveMessageSize = MessageBounds.MostOfStranger)
        .AddServiceOptions<MembershipService>(options => options.MaxReceiveMessageSize = MessageBounds.MostOfNode)
        .AddServiceOptions<PresenceService>(options => options.MaxReceiveMessageSize = MessageBounds.MostOfNode)
        .AddServiceOptions<DispatcherService>(options => options.MaxReceiveMessageSize = MessageBounds.MostOfNode);

    /// <summary>Of a connection. What is sent and not read yet waits in a stream's window: a call that is refused leaves no more.</summary>
    private static void Bound(KestrelServerLimits limits)
    {
        limits.MaxRequestHeaderCount = 64;
        limits.MaxRequestHeadersTotalSize = 16 << 10;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.HeaderTableSize = 4 << 10;
        limits.Http2.MaxRequestHeaderFieldSize = 8 << 10;
        limits.Http2.InitialStreamWindowSize = 256 << 10;
        limits.Http2.InitialConnectionWindowSize = 1 << 20;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(30);
    }

    private static bool IsOfNode(Snapshot snapshot, IPAddress address)
    {
        if (IPAddress.IsLoopback(address)) return true;   // this host's own session
        var text = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        return snapshot.Nodes.All.Any(node => node.Status?.Addr == text);
    }
}
