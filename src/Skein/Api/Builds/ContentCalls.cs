using Google.Protobuf;
using Grpc.Core;
using Skein.Agent.Images;
using Skein.Api.Builds.Protocol.Content;

namespace Skein.Api.Builds;

/// <summary>Reads from the host's images, in the words of containerd's content service.</summary>
internal sealed class ContentCalls(IImageContent images) : IGrpcCalls
{
    private const string Service = "/containerd.services.content.v1.Content/";
    private const string StoreHeader = "buildkit-attachable-store-id";

    /// <summary>Whether it is this host's images that a call asks for, and not what the client has.</summary>
    public static bool IsFor(HttpContext call) =>
        call.Request.Path.StartsWithSegments(Service.TrimEnd('/'), StringComparison.Ordinal) && call.Request.Headers[StoreHeader].FirstOrDefault() == BaseImages.StoreId;

    public async Task ServeAsync(HttpContext call)
    {
        var message = await GrpcMessages.ReadAsync(call.Request.Body, call.RequestAborted) ?? [];
        switch (call.Request.Path.Value)
        {
            case Service + "Info":
                await InfoAsync(call, InfoRequest.Parser.ParseFrom(message).Digest);
                break;
            case Service + "Read":
                await ReadAsync(call, ReadContentRequest.Parser.ParseFrom(message));
                break;
            default:
                GrpcAnswer.End(call, StatusCode.Unimplemented, "images of this host are for reading");
                break;
        }
    }

    private async Task InfoAsync(HttpContext call, string digest)
    {
        if (await images.SizeAsync(digest, call.RequestAborted) is not { } size) throw Missing(digest);
        call.Response.ContentType = GrpcAnswer.ContentType;
        await SendAsync(call, new InfoResponse { Info = new() { Digest = digest, Size = size } });
        GrpcAnswer.End(call, StatusCode.OK);
    }

    private async Task ReadAsync(HttpContext call, ReadContentRequest wanted)
    {
        if (await images.SizeAsync(wanted.Digest, call.RequestAborted) is null) throw Missing(wanted.Digest);
        call.Response.ContentType = GrpcAnswer.ContentType;
        var offset = wanted.Offset;
        await foreach (var piece in images.ReadAsync(wanted.Digest, offset, wanted.Size, call.RequestAborted))
        {
            await SendAsync(call, new ReadContentResponse { Offset = offset, Data = UnsafeByteOperations.UnsafeWrap(piece) });
            offset += piece.Length;
        }
        GrpcAnswer.End(call, StatusCode.OK);
    }

    private static async Task SendAsync(HttpContext call, IMessage message) => await call.Response.BodyWriter.WriteAsync(GrpcMessages.Frame(message), call.RequestAborted);

    private static RpcException Missing(string digest) => new(new Status(StatusCode.NotFound, $"content {digest}: not found"));
}
