using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Skein.Agent.Images;
using Skein.Api.Builds.Protocol;
using Skein.Api.Hijack;
using Skein.Model;

namespace Skein.Api.Builds;

/// <summary>
/// `docker build` upgrades two kinds of connections to HTTP/2. /grpc is BuildKit's control API. /session is the other way round: on it
/// the client is the server, whom BuildKit asks for the build's files and credentials. BuildKit's own daemon has no such endpoint, but
/// a call whose messages are the connection's bytes; so what comes over that call is served here, and passed on to the client.
/// </summary>
internal sealed partial class BuildStreams(string socket, IImageStore images, IIdSource ids, ILogger log) : IDisposable
{
    // Each has buffers here and work in BuildKit; a build has one of each kind.
    private const int Max = 256;
    private const int PieceLength = 32 * 1024;
    private const string HeaderPrefix = "X-Docker-Expose-Session-";
    private const string Methods = HeaderPrefix + "Grpc-Method";
    private const string SessionId = HeaderPrefix + "Uuid";
    private static readonly byte[] s_upgraded = Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");

    private readonly AwaitedImages _awaited = new();
    private int _open;

    public BuildKit BuildKit { get; } = new(socket);

    public Tunnels Tunnels { get; } = new();

    public void Dispose() => BuildKit.Dispose();

    /// <summary>Answers the request, then serves its connection to its end.</summary>
    /// <exception cref="SkeinException">Nothing is answered yet.</exception>
    public async Task ServeAsync(string kind, HijackedRequest request, PipeReader input, PipeWriter output)
    {
        if (!request.Headers.TryGetValue("Upgrade", out var protocol) || protocol.Length == 0) throw Refusal(kind, "no upgrade proto in request");
        if (protocol != "h2c") throw Refusal(kind, $"protocol {protocol} not supported");
        if (Interlocked.Increment(ref _open) > Max)
        {
            Interlocked.Decrement(ref _open);
            throw new SkeinException(ErrorKind.Unavailable, $"too many builds: {Max} connections to BuildKit are open");
        }
        try
        {
            if (kind == "grpc") await ServeControlAsync(new(input, output));
            else await ServeSessionAsync(request, new(input, output));
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    // As dockerd, which takes the one for its own fault.
    private static SkeinException Refusal(string kind, string why) => kind == "grpc" ? new(ErrorKind.Internal, why) : SkeinException.Invalid(why);

    private async Task ServeControlAsync(DuplexPipe client)
    {
        await client.Output.WriteAsync(s_upgraded);
        await Tunnels.ServeAsync(new(ids.NewId(), client, new ControlCalls(BuildKit, _awaited, images)));
    }

    private async Task ServeSessionAsync(HijackedRequest request, DuplexPipe client)
    {
        if (!BuildKit.IsThere) throw SkeinException.NotImplemented($"docker build is not supported: {BuildKit.Absent}");
        var session = request.Headers.GetValueOrDefault(SessionId, "");
        using var call = BuildKit.Control.Session(HeadersOf(request));
        await client.Output.WriteAsync(s_upgraded);

        await using var stream = new DuplexStream(client.Input, client.Output);
        using var http = new HttpMessageInvoker(Builds.BuildKit.HttpOver(Once(stream)));
        var (ours, theirs) = DuplexPipe.Pair();
        var calls = new SessionCalls(session, new(http, "the client that builds"), _awaited, images);
        var serving = Tunnels.ServeAsync(new(ids.NewId(), theirs, calls));
        try
        {
            await await Task.WhenAny(serving, stream.Ended, FromBuildKitAsync(call, ours.Output), ToBuildKitAsync(ours.Input, call));
        }
        catch (RpcException error)
        {
            SessionBroke(session, error.Status.Detail);
        }
        finally
        {
            call.Dispose();
            ours.Close();
            await serving;
        }
    }

    /// <summary>Who the session is, and what the client can be asked for; and that it takes files, since this host may.</summary>
    private static Metadata HeadersOf(HijackedRequest request)
    {
        var headers = new Metadata();
        var given = request.AllHeaders.Where(header => header.Name.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase)).Append((Methods, SessionCalls.SendFile));
        foreach (var header in given.GroupBy(header => header.Item1.ToLowerInvariant(), header => header.Item2))
            headers.Add(header.Key, RepeatedHeaders.Join(header));
        return headers;
    }

    private static Func<CancellationToken, ValueTask<Stream>> Once(Stream stream)
    {
        var taken = 0;
        return _ => Interlocked.Exchange(ref taken, 1) == 0 ? new(stream) : throw new IOException("its connection is closed");
    }

    private static async Task FromBuildKitAsync(AsyncDuplexStreamingCall<BytesMessage, BytesMessage> call, PipeWriter output)
    {
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            if ((await output.WriteAsync(call.ResponseStream.Current.Data.Memory)).IsCompleted) return;
        }
    }

    private static async Task ToBuildKitAsync(PipeReader input, AsyncDuplexStreamingCall<BytesMessage, BytesMessage> call)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            var piece = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, PieceLength));
            if (piece.Length > 0) await call.RequestStream.WriteAsync(new() { Data = ByteString.CopyFrom(piece.ToArray()) });
            input.AdvanceTo(piece.End);
            if (read.IsCompleted && piece.Length == read.Buffer.Length) return;
        }
    }

    [LoggerMessage(1220, LogLevel.Information, "The build session {Session} ends: {Reason}")]
    private partial void SessionBroke(string session, string reason);
}
