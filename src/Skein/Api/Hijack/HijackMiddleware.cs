using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Skein.Agent.Containers;
using Skein.Api.Containers;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Hijack;

/// <summary>
/// Takes over connections for attach and exec before Kestrel's HTTP sees them, and hands it all others untouched.
/// Kestrel calls an upgrade request with a body not upgradable (exec's start has one), and closes a stream when the
/// client half-closes it, so that what a process prints after the end of its input would be lost.
/// </summary>
internal sealed partial class HijackMiddleware(IContainerEngine containers, EngineIdentity identity, ILogger log)
{
    private const int MaxBodyLength = 1 << 20;

    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var request = await PeekAsync(connection.Transport.Input, connection.ConnectionClosed);
        if (request is null || !request.WantsUpgrade || Target(request) is not { } target)
        {
            await next(connection);
            return;
        }
        try
        {
            await ServeAsync(connection, request, target);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ConnectionResetException)
        {
            ClientLeft(request.Path, error.Message);
        }
        catch (Exception error)
        {
            StreamFailed(error, request.Path);
        }
    }

    /// <summary>The request's head, left unread for whoever serves it; null when there is none to be understood.</summary>
    private static async Task<HijackedRequest?> PeekAsync(PipeReader input, CancellationToken closed)
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync(closed);
            }
            catch (Exception error) when (error is OperationCanceledException or ConnectionResetException)
            {
                return null;
            }
            if (HijackedRequest.FindHeadEnd(read.Buffer) is { } end)
            {
                var request = HijackedRequest.Parse(read.Buffer.Slice(0, end));
                input.AdvanceTo(read.Buffer.Start);
                return request;
            }
            if (read.IsCompleted || read.Buffer.Length > HijackedRequest.MaxHeadLength)
            {
                input.AdvanceTo(read.Buffer.Start);
                return null;
            }
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static (string Kind, string Id)? Target(HijackedRequest request)
    {
        if (request.Method != "POST") return null;
        var parts = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > 0 && parts[0].Length > 1 && parts[0][0] == 'v' && ApiVersion.TryParse(parts[0].AsSpan(1), out _)) parts = parts[1..];
        return parts switch
        {
            ["exec", var id, "start"] => ("exec", id),
            ["containers", var id, "attach"] => ("attach", Uri.UnescapeDataString(id)),
            _ => null,
        };
    }

    private async Task ServeAsync(ConnectionContext connection, HijackedRequest request, (string Kind, string Id) target)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        // ConnectionClosed fires at the client's half-close already (echo x | docker exec -i): it must not end what was asked.
        var closed = CancellationToken.None;
        IContainerStreams? streams;
        try
        {
            ApiPath.Split(request.Path);
            var body = await ReadRequestAsync(input, request, closed);
            if (target.Kind == "exec")
            {
                // All that can be wrong with the request is, before the connection is no longer HTTP's.
                var start = ReadExecStart(body);
                var tty = Startable(target.Id).Definition.Tty;
                await AnswerUpgradeAsync(output, tty, closed);
                streams = await TryStartExecAsync(target.Id, start, output, tty, closed);
            }
            else
            {
                streams = Selected(await containers.AttachAsync(target.Id, closed), request);
                await AnswerUpgradeAsync(output, streams.Tty, closed);
            }
        }
        catch (SkeinException error)
        {
            await AnswerErrorAsync(output, error, closed);
            return;
        }
        if (streams is null) return;
        await using (streams)
        {
            await StreamPump.RunAsync(streams, input, output, closed);
            await output.CompleteAsync();
        }
    }

    private ExecRecord Startable(string id)
    {
        var exec = containers.FindExec(id);
        if (exec.Running) throw SkeinException.Conflict($"exec command {id} is already running");
        return exec;
    }

    /// <summary>As in Docker, a command that cannot be started says why in its own output, and by its exit code (126 or 127).</summary>
    private async Task<IContainerStreams?> TryStartExecAsync(string id, ExecStartJson start, PipeWriter output, bool tty, CancellationToken cancel)
    {
        try
        {
            return await containers.StartExecAsync(id, start.ConsoleSize?.ElementAtOrDefault(0), start.ConsoleSize?.ElementAtOrDefault(1), cancel);
        }
        catch (SkeinException error)
        {
            var message = Encoding.UTF8.GetBytes(error.Message + "\r\n");
            if (tty) await output.WriteAsync(message, cancel);
            else
            {
                StreamFrames.WriteFrame(output, LogStream.Stdout, message);
                await output.FlushAsync(cancel);
            }
            await output.CompleteAsync();
            return null;
        }
    }

    private static ExecStartJson ReadExecStart(byte[] body) =>
        body.Length == 0 ? new ExecStartJson() : JsonBody.Read(body, ContainersJson.Default.ExecStartJson);

    private static SelectedStreams Selected(IContainerStreams streams, HijackedRequest request)
    {
        return new SelectedStreams(streams, Asked("stdin"), Asked("stdout"), Asked("stderr"));

        bool Asked(string name) => request.Query.GetValueOrDefault(name) is "1" or "true";
    }

    private static async Task<byte[]> ReadRequestAsync(PipeReader input, HijackedRequest request, CancellationToken cancel)
    {
        var read = await input.ReadAsync(cancel);
        input.AdvanceTo(HijackedRequest.FindHeadEnd(read.Buffer)!.Value);
        if (request.IsChunked) return await ReadChunkedAsync(input, cancel);
        if (request.ContentLength > MaxBodyLength) throw SkeinException.Invalid("http: request body too large");
        return request.ContentLength == 0 ? [] : await ReadExactlyAsync(input, (int)request.ContentLength, cancel);
    }

    private static async Task<byte[]> ReadChunkedAsync(PipeReader input, CancellationToken cancel)
    {
        var body = new MemoryStream();
        while (true)
        {
            var line = await ReadLineAsync(input, cancel);
            if (!int.TryParse(line.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) || size < 0)
                throw SkeinException.Invalid("invalid byte in chunk length");
            if (body.Length + size > MaxBodyLength) throw SkeinException.Invalid("http: request body too large");
            if (size > 0) body.Write(await ReadExactlyAsync(input, size, cancel));
            await ReadLineAsync(input, cancel);
            if (size == 0) return body.ToArray();
        }
    }

    private static async Task<string> ReadLineAsync(PipeReader input, CancellationToken cancel)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancel);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(read.Buffer.Slice(0, end)).TrimEnd('\r');
                input.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }
            if (read.IsCompleted) throw new IOException("unexpected EOF");
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task<byte[]> ReadExactlyAsync(PipeReader input, int length, CancellationToken cancel)
    {
        var read = await input.ReadAtLeastAsync(length, cancel);
        if (read.Buffer.Length < length) throw new IOException("unexpected EOF");
        var body = read.Buffer.Slice(0, length).ToArray();
        input.AdvanceTo(read.Buffer.GetPosition(length));
        return body;
    }

    private async Task AnswerUpgradeAsync(PipeWriter output, bool tty, CancellationToken cancel)
    {
        var type = tty ? StreamFrames.RawContentType : StreamFrames.MultiplexedContentType;
        var head = $"HTTP/1.1 101 UPGRADED\r\nContent-Type: {type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n{Identification()}\r\n";
        await output.WriteAsync(Encoding.ASCII.GetBytes(head), cancel);
    }

    private async Task AnswerErrorAsync(PipeWriter output, Exception error, CancellationToken cancel)
    {
        var body = new ErrorResponse(ErrorResponse.MessageOf(error)).ToJson();
        var status = ErrorResponse.StatusOf(error);
        var head = $"HTTP/1.1 {status} {Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)}\r\n"
            + $"Content-Type: {ErrorResponse.ContentType}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{Identification()}\r\n";
        await output.WriteAsync(Encoding.ASCII.GetBytes(head).Concat(body).ToArray(), cancel);
    }

    private string Identification() => $"Api-Version: {ApiVersion.Current}\r\nOstype: linux\r\nServer: {identity.ServerHeader}\r\n";

    [LoggerMessage(3010, LogLevel.Debug, "{Path}: the client left: {Reason}")]
    private partial void ClientLeft(string path, string reason);

    [LoggerMessage(3011, LogLevel.Error, "{Path}: the stream broke")]
    private partial void StreamFailed(Exception error, string path);
}
