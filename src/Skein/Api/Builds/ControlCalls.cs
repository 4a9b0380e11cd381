using Grpc.Core;
using Skein.Api.Builds.Protocol;

namespace Skein.Api.Builds;

/// <summary>What a client says to BuildKit: passed on, but for a build whose result is to be an image of this host.</summary>
internal sealed class ControlCalls(BuildKit buildKit, AwaitedImages awaited) : IGrpcCalls
{
    private const string Solve = "/moby.buildkit.v1.Control/Solve";
    private static readonly Version s_severalExporters = new(0, 13);

    public async Task ServeAsync(HttpContext call)
    {
        // Said within the call: of a refused upgrade Docker's client tells the status alone.
        if (!buildKit.IsThere) GrpcAnswer.End(call, StatusCode.FailedPrecondition, $"docker build is not supported: {buildKit.Absent}");
        else if (call.Request.Path == Solve) await SolveAsync(call);
        else await buildKit.Calls.ForwardAsync(call);
    }

    private async Task SolveAsync(HttpContext call)
    {
        var message = await GrpcMessages.ReadAsync(call.Request.Body, call.RequestAborted) ?? [];
        var request = SolveRequest.Parser.ParseFrom(message);
        if (SolveExports.NeedsTwo(request)) await RequireSeveralExportersAsync(call.RequestAborted);
        var images = SolveExports.Rewrite(request);
        using var awaiting = images.Count > 0 ? awaited.Await(request.Session, images) : null;
        using var body = new ByteArrayContent(GrpcMessages.Frame(request));
        await buildKit.Calls.ForwardAsync(call, body);
    }

    private async Task RequireSeveralExportersAsync(CancellationToken cancel)
    {
        var info = await buildKit.Control.InfoAsync(new(), cancellationToken: cancel);
        var text = info.BuildkitVersion?.Version ?? "";
        if (Version.TryParse(text.TrimStart('v').Split('-', '+')[0], out var version) && version < s_severalExporters)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"docker build --push needs BuildKit 0.13 or later, and this host's is {text}: build first, then docker push"));
    }
}
