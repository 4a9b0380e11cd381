using Grpc.Core;
using Skein.Api.Builds.Protocol;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Builds;

/// <summary>What is asked of a builder in requests, as before BuildKit; its own protocol is <see cref="BuildStreams"/>.</summary>
internal sealed class BuildRoutes(BuildKit buildKit, TimeProvider time)
{
    private const string Plugin = "install the client's plugin buildx (docker-buildx-plugin in Docker's packages), which docker build then uses";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/build", _ => throw SkeinException.NotImplemented(
            $"docker build is not supported without buildx: {Plugin}{(buildKit.IsThere ? "" : $"; and {buildKit.Absent}")}"));
        app.MapPost("/build/cancel", Cancel);
        app.MapPost("/build/prune", PruneAsync);
    }

    /// <summary>Of what POST /build began: as in Docker, one that is not there is no error.</summary>
    private static Task Cancel(HttpContext context)
    {
        if (context.Query("id").Length == 0) throw SkeinException.Invalid("build ID not provided");
        context.Response.ContentType = ErrorResponse.ContentType;
        return Task.CompletedTask;
    }

    private async Task PruneAsync(HttpContext context)
    {
        var request = BuildPrune.Of(context, time.GetUtcNow());
        // Without a builder there is nothing to prune: `docker system prune` asks this last.
        var pruned = request is null || !buildKit.IsThere ? new([], 0) : await PruneAsync(request, context.RequestAborted);
        await context.JsonAsync(pruned, BuildsJson.Default.BuildPruneJson);
    }

    private async Task<BuildPruneJson> PruneAsync(PruneRequest request, CancellationToken cancel)
    {
        var (ids, bytes) = (new List<string>(), 0L);
        try
        {
            using var call = buildKit.Control.Prune(request, cancellationToken: cancel);
            while (await call.ResponseStream.MoveNext(cancel))
            {
                ids.Add(call.ResponseStream.Current.Id);
                bytes += call.ResponseStream.Current.Size;
            }
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
        {
            throw new SkeinException(ErrorKind.Unavailable, $"BuildKit at unix://{buildKit.Socket} does not answer: {error.Status.Detail}", error);
        }
        return new(ids, bytes);
    }
}
