using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;
using Skein.Agent.Images;
using Skein.Api.Builds.Protocol;

namespace Skein.Api.Builds;

/// <summary>What a client says to BuildKit: passed on, but for a build that may begin with an image of this host, or whose result is to be one.</summary>
internal sealed class ControlCalls(BuildKit buildKit, AwaitedImages awaited, IImageContent images) : IGrpcCalls
{
    private const string Solve = "/moby.buildkit.v1.Control/Solve";
    private const string SolveWithin = "/moby.buildkit.v1.frontend.LLBBridge/Solve";
    private const string BuildId = "buildkit-controlapi-buildid";
    private static readonly Version s_layouts = new(0, 11);
    private static readonly Version s_untold = new(0, 0, 0);
    private static readonly Version s_severalExporters = new(0, 13);

    // The builds that are told nothing of the images here, by their ref, by which what is asked within them names them.
    private readonly ConcurrentDictionary<string, bool> _silent = new();

    public async Task ServeAsync(HttpContext call)
    {
        // Said within the call: of a refused upgrade Docker's client tells the status alone.
        if (!buildKit.IsThere) GrpcAnswer.End(call, StatusCode.FailedPrecondition, $"docker build is not supported: {buildKit.Absent}");
        else if (call.Request.Path == Solve) await SolveAsync(call);
        else if (call.Request.Path == SolveWithin) await SolveWithinAsync(call);
        else await buildKit.Calls.ForwardAsync(call);
    }

    private async Task SolveAsync(HttpContext call)
    {
        var message = await GrpcMessages.ReadAsync(call.Request.Body, call.RequestAborted) ?? [];
        var request = SolveRequest.Parser.ParseFrom(message);
        if (SolveExports.NeedsTwo(request)) await RequireSeveralExportersAsync(call.RequestAborted);
        var wouldBeTold = BaseImages.WouldBeTold(request);
        if (wouldBeTold) _silent[request.Ref] = true;
        else await OfferImagesAsync(request.Frontend, request.FrontendAttrs, call.RequestAborted);
        var exporters = SolveExports.Rewrite(request);
        using var awaiting = exporters.Count > 0 ? awaited.Await(request.Session, exporters) : null;
        try
        {
            await ForwardAsync(call, request);
        }
        finally
        {
            if (wouldBeTold) _silent.TryRemove(request.Ref, out _);
        }
    }

    /// <summary>buildx begins a build without a frontend, and asks for the Dockerfile's within.</summary>
    private async Task SolveWithinAsync(HttpContext call)
    {
        var message = await GrpcMessages.ReadAsync(call.Request.Body, call.RequestAborted) ?? [];
        var request = Protocol.Frontend.SolveRequest.Parser.ParseFrom(message);
        if (!_silent.ContainsKey(call.Request.Headers[BuildId].ToString())) await OfferImagesAsync(request.Frontend, request.FrontendOpt, call.RequestAborted);
        await ForwardAsync(call, request);
    }

    private async Task ForwardAsync(HttpContext call, IMessage request)
    {
        using var body = new ByteArrayContent(GrpcMessages.Frame(request));
        await buildKit.Calls.ForwardAsync(call, body);
    }

    private async Task OfferImagesAsync(string frontend, MapField<string, string> options, CancellationToken cancel)
    {
        if (BaseImages.AreWanted(frontend, options) && !IsBefore(s_layouts, await TryVersionAsync(cancel))) BaseImages.Offer(options, images.Manifests());
    }

    private async Task RequireSeveralExportersAsync(CancellationToken cancel)
    {
        var version = await TryVersionAsync(cancel);
        if (IsBefore(s_severalExporters, version))
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"docker build --push needs BuildKit 0.13 or later, and this host's is {version ?? "older"}: build first, then docker push"));
    }

    /// <returns>null from BuildKit before 0.11, which cannot be asked.</returns>
    private async Task<string?> TryVersionAsync(CancellationToken cancel)
    {
        try
        {
            return (await buildKit.Control.InfoAsync(new(), cancellationToken: cancel)).BuildkitVersion?.Version ?? "";
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
        {
            return null;
        }
    }

    /// <summary>What was built from source has no number, or 0.0.0: it is taken for the newest.</summary>
    private static bool IsBefore(Version wanted, string? text) =>
        text is null || Version.TryParse(text.TrimStart('v').Split('-', '+')[0], out var version) && version > s_untold && version < wanted;
}
