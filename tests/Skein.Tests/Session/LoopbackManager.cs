using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Manager.Attachments;
using Skein.Manager.Dispatch;
using Skein.Manager.Logs;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Session;

/// <summary>
/// A manager's dispatcher behind a real gRPC server on loopback. Certificates are another test's matter: here the caller's
/// id comes in a header.
/// </summary>
internal sealed class LoopbackManager : IAsyncDisposable
{
    public const string NodeHeader = "x-node";

    private readonly CancellationTokenSource _stop = new();
    private readonly WebApplication _app;
    private readonly Task _running;

    private LoopbackManager(WebApplication app, DispatcherService dispatcher)
    {
        _app = app;
        _running = dispatcher.RunAsync(_stop.Token);
        Addr = new Uri(app.Urls.Single()).Authority;
        Dispatcher = dispatcher;
    }

    public DispatcherService Dispatcher { get; }

    public string Addr { get; }

    public static async Task<LoopbackManager> StartAsync(IStore store, string managerId)
    {
        var dispatcher = new DispatcherService(store, managerId, Identify, new AttachmentWriter(store, TimeProvider.System, NullLoggerFactory.Instance), new CryptoIdSource(), TimeProvider.System, NullLoggerFactory.Instance);
        var builder = BareWeb.Create(
            NullLoggerFactory.Instance, TimeSpan.FromSeconds(1), kestrel => kestrel.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(dispatcher);
        var app = builder.Build();
        app.MapGrpcService<DispatcherService>();
        app.MapGrpcService<NodeLogsService>();
        app.MapGrpcService<PresenceService>();
        await app.StartAsync();
        return new(app, dispatcher);
    }

    /// <summary>As on a SIGKILL: connections end, nothing is said to anyone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static CallerIdentity Identify(ServerCallContext context) =>
        new(context.RequestHeaders.GetValue(NodeHeader) ?? throw new RpcException(new(StatusCode.Unauthenticated, "no node")), NodeRole.Worker);
}
