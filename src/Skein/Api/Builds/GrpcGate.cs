using Grpc.Core;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Builds;

/// <summary>Calls that come through a tunnel are no requests of Docker's API, and requests are no calls.</summary>
internal static class GrpcGate
{
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IGrpcCalls>() is not { } calls)
        {
            await next(context);
            return;
        }
        try
        {
            await calls.ServeAsync(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever called has gone.
        }
        catch (RpcException error)
        {
            GrpcAnswer.End(context, error.StatusCode, error.Status.Detail);
        }
        catch (Exception error)
        {
            GrpcAnswer.End(context, error is SkeinException { Kind: ErrorKind.InvalidArgument } ? StatusCode.InvalidArgument : StatusCode.Internal, ErrorResponse.MessageOf(error));
        }
    }
}
