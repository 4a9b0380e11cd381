using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Skein.Manager.Certificates;
using Skein.Manager.Dispatch;
using Skein.Manager.Logs;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Hosting;

/// <summary>What a manager serves to other nodes on 2377: gRPC over TLS 1.3 with the swarm's certificates.</summary>
internal static class ManagerListener
{
    /// <summary>Sessions are streams that never end by themselves: a stop does not wait for them.</summary>
    private static readonly TimeSpan StopDeadline = TimeSpan.FromMilliseconds(500);

    /// <exception cref="SkeinException">The address cannot be bound.</exception>
    public static async Task<WebApplication> StartAsync(
        IPEndPoint listen, NodeIdentity identity, IStore store, EtcdMembership members, DispatcherService dispatcher,
        TimeProvider time, IIdSource ids, ILoggerFactory logs, CancellationToken cancel)
    {
        var builder = BareWeb.Create(logs, StopDeadline, kestrel => kestrel.Listen(listen, options =>
        {
            options.Protocols = HttpProtocols.Http2;
            options.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(identity.ServerOptions()) });
        }));
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(ids);
        builder.Services.AddSingleton(identity);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton(members);
        builder.Services.AddSingleton(dispatcher);
        builder.Services.AddSingleton<CertificateAuthorityService>();
        builder.Services.AddSingleton<MembershipService>();
        builder.Services.AddSingleton<NodeLogsService>();
        builder.Services.AddSingleton<CallerAuthorization>();
        // The daemon's own life is not this listener's: a signal is the daemon's to handle.
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        builder.Services.AddGrpc(options =>
        {
            options.Interceptors.Add<CallerAuthorization>();
            options.MaxReceiveMessageSize = null;
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        app.MapGrpcService<CertificateAuthorityService>();
        app.MapGrpcService<MembershipService>();
        app.MapGrpcService<DispatcherService>();
        app.MapGrpcService<NodeLogsService>();
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
}
