using System.IO.Pipelines;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Skein.Api.Builds;
using Skein.Api.Builds.Protocol;

namespace Skein.Tests.Api.Builds;

/// <summary>Speaks BuildKit's protocol as its daemon does, over a real HTTP/2 connection; what it builds is what a test says.</summary>
internal sealed class FakeBuildKit : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource<HttpMessageInvoker> _client = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakeBuildKit(WebApplication app) => _app = app;

    /// <summary>The session's methods, by which BuildKit knows what it may ask of the client.</summary>
    public string[] Methods { get; private set; } = [];

    /// <summary>null for one that does not tell.</summary>
    public string? Version { get; set; } = "v0.11.6";

    /// <summary>What the last build's Dockerfile was asked for with, within it.</summary>
    public Skein.Api.Builds.Protocol.Frontend.SolveRequest? SolvedWithin { get; private set; }

    /// <summary>Of the last build.</summary>
    public SolveRequest? Solved { get; private set; }

    /// <summary>What a build does, with the client to ask.</summary>
    public Func<SolveRequest, HttpMessageInvoker, Task<SolveResponse>> Build { get; set; } = (_, _) => Task.FromResult(new SolveResponse());

    public static async Task<FakeBuildKit> StartAsync(string socket)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        var buildKit = new FakeBuildKit(builder.Build());
        buildKit._app.Run(call => call.Request.Path.Value switch
        {
            "/moby.buildkit.v1.Control/Solve" => buildKit.SolveAsync(call),
            "/moby.buildkit.v1.frontend.LLBBridge/Solve" => buildKit.SolveWithinAsync(call),
            "/moby.buildkit.v1.Control/Info" when buildKit.Version is { } version => AnswerAsync(call, new InfoResponse { BuildkitVersion = new() { Version = version } }),
            "/moby.buildkit.v1.Control/Session" => buildKit.SessionAsync(call),
            "/moby.buildkit.v1.Control/Prune" => AnswerAsync(call, new UsageRecord { Id = "c1", Size = 5 }, new UsageRecord { Id = "c2", Size = 7 }),
            _ => RefuseAsync(call),
        });
        await buildKit._app.StartAsync();
        return buildKit;
    }

    /// <summary>Calls the client of the session; the answer is its message and its status.</summary>
    public static async Task<(byte[]? Message, string Status, string Words)> AskAsync(HttpMessageInvoker client, string path, byte[] body, params (string, string[])[] metadata)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost" + path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body) };
        request.Headers.TE.Add(new("trailers"));
        request.Content.Headers.ContentType = new("application/grpc");
        foreach (var (name, values) in metadata) request.Headers.TryAddWithoutValidation(name, RepeatedHeaders.Join(values));
        using var answer = await client.SendAsync(request, Poll.Soon);
        var answered = await answer.Content.ReadAsStreamAsync(Poll.Soon);
        var message = await GrpcMessages.ReadAsync(answered, Poll.Soon);
        await answered.CopyToAsync(Stream.Null, Poll.Soon);   // the trailers come after it
        var ends = answer.TrailingHeaders.Contains("grpc-status") ? answer.TrailingHeaders : answer.Headers;
        return (message, ends.GetValues("grpc-status").Single(), Uri.UnescapeDataString(string.Concat(ends.TryGetValues("grpc-message", out var words) ? words : [])));
    }

    /// <summary>A call whose caller has not ended its messages when it has the whole answer.</summary>
    public static async Task AskOpenAsync(HttpMessageInvoker client, string path)
    {
        var end = new TaskCompletionSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost" + path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new OpenBody(end.Task) };
        request.Content.Headers.ContentType = new("application/grpc");
        using (var answer = await client.SendAsync(request, Poll.Soon)) await answer.Content.CopyToAsync(Stream.Null, Poll.Soon);
        end.SetResult();
    }

    private sealed class OpenBody(Task end) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await end;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task SolveAsync(HttpContext call)
    {
        Solved = SolveRequest.Parser.ParseFrom(await GrpcMessages.ReadAsync(call.Request.Body, Poll.Soon));
        await AnswerAsync(call, await Build(Solved, await _client.Task.WaitAsync(Poll.Soon)));
    }

    private async Task SolveWithinAsync(HttpContext call)
    {
        SolvedWithin = Skein.Api.Builds.Protocol.Frontend.SolveRequest.Parser.ParseFrom(await GrpcMessages.ReadAsync(call.Request.Body, Poll.Soon));
        await AnswerAsync(call, new SolveResponse());
    }

    private async Task SessionAsync(HttpContext call)
    {
        Methods = [.. call.Request.Headers["x-docker-expose-session-grpc-method"]!];
        var (ours, theirs) = DuplexPipe.Pair();
        call.Response.ContentType = "application/grpc";
        await call.Response.BodyWriter.FlushAsync();
        using var http = new HttpMessageInvoker(Skein.Api.Builds.BuildKit.HttpOver(_ => new(new DuplexStream(theirs.Input, theirs.Output))));
        _client.SetResult(http);
        await Task.WhenAny(TakeAsync(call.Request.Body, ours.Output), SendAsync(ours.Input, call.Response.Body));
    }

    private static async Task TakeAsync(Stream body, PipeWriter output)
    {
        while (await GrpcMessages.ReadAsync(body, CancellationToken.None) is { } message) await output.WriteAsync(BytesMessage.Parser.ParseFrom(message).Data.Memory);
    }

    private static async Task SendAsync(PipeReader input, Stream body)
    {
        while (await input.ReadAsync() is { IsCompleted: false } read)
        {
            foreach (var piece in read.Buffer) await body.WriteAsync(GrpcMessages.Frame(new BytesMessage { Data = ByteString.CopyFrom(piece.Span) }));
            await body.FlushAsync();
            input.AdvanceTo(read.Buffer.End);
        }
    }

    private static async Task AnswerAsync(HttpContext call, params IMessage[] messages)
    {
        call.Response.ContentType = "application/grpc";
        foreach (var message in messages) await call.Response.Body.WriteAsync(GrpcMessages.Frame(message));
        call.Response.AppendTrailer("grpc-status", "0");
    }

    private static Task RefuseAsync(HttpContext call)
    {
        call.Response.ContentType = "application/grpc";
        call.Response.Headers["grpc-status"] = "12";
        call.Response.Headers["grpc-message"] = "unknown method";
        return Task.CompletedTask;
    }
}
