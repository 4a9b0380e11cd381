using System.Net.Sockets;
using System.Text;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skein.Api.Builds;
using ControlClient = Skein.Api.Builds.Protocol.Control.ControlClient;

namespace Skein.Tests.Api.Builds;

/// <summary>As buildx: a client of BuildKit on one upgraded connection, and a server to it on another.</summary>
internal sealed class BuildingClient(ApiServer server) : IAsyncDisposable
{
    private readonly Tunnels _tunnels = new();
    private readonly List<IDisposable> _open = [];
    private WebApplication? _served;

    /// <summary>A connection to BuildKit's control API.</summary>
    public ControlClient Connect()
    {
        var channel = GrpcChannel.ForAddress("http://localhost", new() { HttpHandler = BuildKit.HttpOver(async _ => await UpgradeAsync("/grpc")), DisposeHttpClient = true });
        _open.Add(channel);
        return new(channel);
    }

    /// <summary>The same, for calls that no client here has.</summary>
    public HttpMessageInvoker ConnectForCalls()
    {
        var http = new HttpMessageInvoker(BuildKit.HttpOver(async _ => await UpgradeAsync("/grpc")));
        _open.Add(http);
        return http;
    }

    /// <summary>Answers what BuildKit asks over the session.</summary>
    public async Task ServeAsync(string session, RequestDelegate answer, params string[] methods)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(_tunnels);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(_tunnels.EndPoint, listen => listen.Protocols = HttpProtocols.Http2));
        _served = builder.Build();
        _served.Run(answer);
        await _served.StartAsync();
        var stream = await UpgradeAsync("/v1.51/session", [.. methods.Select(method => $"X-Docker-Expose-Session-Grpc-Method: {method}"), $"X-Docker-Expose-Session-Uuid: {session}"]);
        var pipe = new DuplexPipe(System.IO.Pipelines.PipeReader.Create(stream), System.IO.Pipelines.PipeWriter.Create(stream));
        Ended = _tunnels.ServeAsync(new("session", pipe, new NoCalls()));
    }

    /// <summary>The session's connection.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var open in _open) open.Dispose();
        if (_served is not null) await _served.DisposeAsync();
    }

    private async Task<Stream> UpgradeAsync(string path, params string[] headers)
    {
        var socket = await server.ConnectAsync();
        _open.Add(socket);
        var lines = string.Concat(headers.Select(header => header + "\r\n"));
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n{lines}\r\n"));
        var head = "";
        for (var letter = new byte[1]; !head.EndsWith("\r\n\r\n", StringComparison.Ordinal); head += (char)letter[0])
        {
            if (await socket.ReceiveAsync(letter, Poll.Soon) == 0) throw new IOException("closed after " + head);
        }
        return head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal) ? new NetworkStream(socket) : throw new IOException(head + await ApiServer.ToEndAsync(socket));
    }

    private sealed class NoCalls : IGrpcCalls
    {
        public Task ServeAsync(HttpContext call) => Task.CompletedTask;
    }
}
