using System.IO.Pipelines;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Skein.Agent.Containers;
using Skein.Api.Builds;
using Skein.Api.Containers;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Hijack;

/// <summary>
/// Takes over connections for attach, exec and builds before Kestrel's HTTP sees them, and hands it all other requests untouched.
/// Kestrel calls an upgrade request with a body not upgradable (exec's start has one), and closes a stream when the
/// client half-closes it, so that what a process prints after the end of its input would be lost.
/// </summary>
internal sealed partial class HijackMiddleware(IContainerEngine containers, BuildStreams builds, EngineIdentity identity, TimeProvider time, CancellationToken stopping, ILogger log)
{
    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        var gate = new RequestGate(input, request => Target(request) is not null);
        connection.Transport = new GatedTransport(gate, output);
        using (var halfClose = new HalfClose(connection.ConnectionClosed, () => gate.Serving, time))
        {
            connection.ConnectionClosed = halfClose.Token;
            await next(connection);
        }
        if (gate.TakenOver is not { } taken) return;
        try
        {
            await ServeAsync(input, output, taken, Target(taken)!.Value);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ConnectionResetException)
        {
            ClientLeft(taken.Path, error.Message);
        }
        catch (Exception error)
        {
            StreamFailed(error, taken.Path);
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
            ["containers", var id, "attach"] => ("attach", Uri.UnescapeDataString(id).TrimStart('/')),
            ["grpc" or "session"] => (parts[0], ""),
            _ => null,
        };
    }

    private async Task ServeAsync(PipeReader input, PipeWriter output, HijackedRequest request, (string Kind, string Id) target)
    {
        // ConnectionClosed fires at the client's half-close already (echo x | docker exec -i): it must not end what was asked.
        var closed = CancellationToken.None;
        (IContainerStreams Streams, DetachKeys Keys, bool Raw)? begun;
        try
        {
            var (version, _) = ApiPath.Split(request.Path);
            var body = await HijackedBody.ReadAsync(input, request, closed);
            if (target.Kind is "grpc" or "session")
            {
                await builds.ServeAsync(target.Kind, request, input, output);
                return;
            }
            begun = target.Kind == "exec"
                ? await StartExecAsync(target.Id, ReadExecStart(body), request, version, output)
                : await AttachAsync(target.Id, request, version, input, output);
        }
        catch (Exception error) when (error is SkeinException || (target.Kind is "exec" or "attach" && error is not (OperationCanceledException or ConnectionResetException)))
        {
            if (error is not SkeinException) StreamFailed(error, request.Path);
            await AnswerErrorAsync(output, error, closed);
            return;
        }
        if (begun is not ({ } streams, { } keys, var raw)) return;
        await using (streams)
        {
            await StreamPump.RunAsync(streams, new ConnectionClient(input, output, raw), keys, stopping, closed);
            await output.CompleteAsync();
        }
    }

    /// <summary>All that can be wrong with the request is, before the connection is no longer HTTP's.</summary>
    /// <remarks>As in Docker, it is the start that says how the stream is cut, and not what the process has: a terminal's output may come in frames.</remarks>
    private async Task<(IContainerStreams, DetachKeys, bool)?> StartExecAsync(string id, ExecStartJson start, HijackedRequest request, ApiVersion version, PipeWriter output)
    {
        var definition = Startable(id).Definition;
        if (start.Detach)
        {
            // It ends by itself, not with this request; its output is nobody's, and dropped.
            await using var unread = await containers.StartExecAsync(id, Height(start), Width(start), CancellationToken.None);
            await AnswerEmptyAsync(output);
            return null;
        }
        await AnswerStreamAsync(output, request, version, start.Tty);
        return await TryStartExecAsync(id, start, output, start.Tty, CancellationToken.None) is { } streams
            ? (streams, DetachKeys.Parse(definition.DetachKeys, "escape"), start.Tty)
            : null;
    }

    private async Task<(IContainerStreams, DetachKeys, bool)?> AttachAsync(string id, HijackedRequest request, ApiVersion version, PipeReader input, PipeWriter output)
    {
        var attachment = await Attachment.OpenAsync(containers, id, AttachQuery.Of(request), CancellationToken.None);
        try
        {
            await AnswerStreamAsync(output, request, version, attachment.Streams.Tty);
            var client = new ConnectionClient(input, output, attachment.Streams.Tty);
            if (await TryShowEarlierAsync(attachment, client, request)) return (attachment.Streams, attachment.Keys, attachment.Streams.Tty);
        }
        catch
        {
            await attachment.DisposeAsync();
            throw;
        }
        await attachment.DisposeAsync();
        await output.CompleteAsync();
        return null;
    }

    /// <summary>The answer has begun: what fails from here on ends the stream, and is no answer of its own.</summary>
    private async Task<bool> TryShowEarlierAsync(Attachment attachment, ConnectionClient client, HijackedRequest request)
    {
        try
        {
            return await attachment.ShowEarlierAsync(client, CancellationToken.None);
        }
        catch (Exception error) when (error is not (OperationCanceledException or ConnectionResetException))
        {
            StreamFailed(error, request.Path);
            return false;
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
            return await containers.StartExecAsync(id, Height(start), Width(start), cancel);
        }
        catch (Exception error) when (error is SkeinException or RpcException or IOException)
        {
            var message = Encoding.UTF8.GetBytes(ErrorResponse.MessageOf(error) + "\r\n");
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

    private static uint? Height(ExecStartJson start) => start.ConsoleSize?.ElementAtOrDefault(0);

    private static uint? Width(ExecStartJson start) => start.ConsoleSize?.ElementAtOrDefault(1);

    private static ExecStartJson ReadExecStart(byte[] body) =>
        body.Length == 0 ? new ExecStartJson() : JsonBody.Read(body, ContainersJson.Default.ExecStartJson);

    /// <summary>Who asks for no upgrade speaks over the same connection all the same, as with Docker.</summary>
    private async Task AnswerStreamAsync(PipeWriter output, HijackedRequest request, ApiVersion version, bool tty)
    {
        var type = request.WantsUpgrade ? StreamFrames.ContentType(tty, version) : StreamFrames.RawContentType;
        var head = request.WantsUpgrade
            ? $"HTTP/1.1 101 UPGRADED\r\nContent-Type: {type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            : $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n";
        await output.WriteAsync(Encoding.ASCII.GetBytes($"{head}{Identification()}\r\n"));
    }

    private async Task AnswerEmptyAsync(PipeWriter output) => await output.WriteAsync(
        Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n{Identification()}\r\n"));

    private async Task AnswerErrorAsync(PipeWriter output, Exception error, CancellationToken cancel)
    {
        var body = new ErrorResponse(ErrorResponse.MessageOf(error)).ToJson();
        var status = ErrorResponse.StatusOf(error);
        var head = $"HTTP/1.1 {status} {Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)}\r\n"
            + $"Content-Type: {ErrorResponse.ContentType}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{Identification()}\r\n";
        await output.WriteAsync(Encoding.ASCII.GetBytes(head).Concat(body).ToArray(), cancel);
    }

    private string Identification() => $"Api-Version: {ApiVersion.Current}\r\nOstype: linux\r\nServer: {identity.ServerHeader}\r\n";

    [LoggerMessage(1210, LogLevel.Debug, "{Path}: the client left: {Reason}")]
    private partial void ClientLeft(string path, string reason);

    [LoggerMessage(1211, LogLevel.Error, "{Path}: the stream broke")]
    private partial void StreamFailed(Exception error, string path);
}
