using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containerd;

namespace Skein.Tests.Containers;

/// <summary>Answers containerd's calls as a test says, each with a message or a status; calls that no answer was set for succeed and say nothing.</summary>
internal sealed class ScriptedContainerd : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, Func<IMessage?>> _answers = new(StringComparer.Ordinal);

    private ScriptedContainerd(WebApplication app, string socket)
    {
        _app = app;
        Client = new ContainerdClient(socket);
        app.Run(AnswerAsync);
    }

    public ContainerdClient Client { get; }

    public static async Task<ScriptedContainerd> StartAsync(string socket)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        var containerd = new ScriptedContainerd(builder.Build(), socket);
        await containerd._app.StartAsync();
        return containerd;
    }

    /// <param name="call">"Tasks/Wait"</param>
    /// <param name="answer">May throw an RpcException; null is an answer without a message, as an empty stream is.</param>
    public void On(string call, Func<IMessage?> answer) => _answers[call] = answer;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    // /containerd.services.tasks.v1.Tasks/Wait
    private async Task AnswerAsync(HttpContext context)
    {
        var call = context.Request.Path.Value![(context.Request.Path.Value!.LastIndexOf('.') + 1)..];
        context.Response.ContentType = "application/grpc";
        var status = Status.DefaultSuccess;
        try
        {
            var message = _answers.TryGetValue(call, out var answer) ? answer() : new Google.Protobuf.WellKnownTypes.Empty();
            if (message is not null) await context.Response.Body.WriteAsync(Framed(message));
        }
        catch (RpcException error)
        {
            status = error.Status;
        }
        context.Response.AppendTrailer("grpc-status", ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        context.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(status.Detail));
    }

    private static byte[] Framed(IMessage message)
    {
        var framed = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), framed.Length - 5);
        message.WriteTo(framed.AsSpan(5));
        return framed;
    }
}
