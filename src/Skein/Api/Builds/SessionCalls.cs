using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Skein.Agent.Images;

namespace Skein.Api.Builds;

/// <summary>What BuildKit asks a building client for, over its session: passed on, but for the image that this host awaits, and those that it has.</summary>
internal sealed class SessionCalls(string session, GrpcForwarder client, AwaitedImages awaited, IImageStore images) : IGrpcCalls
{
    /// <summary>By which BuildKit sends a file.</summary>
    public const string SendFile = "/moby.filesync.v1.FileSend/DiffCopy";

    private const string ExporterId = "buildkit-attachable-exporter-id";

    private readonly ContentCalls _content = new(images);

    public async Task ServeAsync(HttpContext call)
    {
        if (call.Request.Path == SendFile && awaited.Contains(session, ExporterOf(call))) await TakeAsync(call);
        else if (ContentCalls.IsFor(call)) await _content.ServeAsync(call);
        else await client.ForwardAsync(call);
    }

    private async Task TakeAsync(HttpContext call)
    {
        call.Response.ContentType = GrpcAnswer.ContentType;
        await call.Response.BodyWriter.FlushAsync(call.RequestAborted);
        await using var archive = new SentFile(call.Request.Body);
        await images.LoadAsync(archive, null, call.RequestAborted);
        // Its end, which the archive may not need to be read to.
        await archive.CopyToAsync(Stream.Null, call.RequestAborted);
        GrpcAnswer.End(call, StatusCode.OK);
    }

    private static int? ExporterOf(HttpContext call) =>
        int.TryParse(call.Request.Headers[ExporterId], NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : null;
}
