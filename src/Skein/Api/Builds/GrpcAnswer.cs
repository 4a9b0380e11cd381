using System.Globalization;
using Grpc.Core;

namespace Skein.Api.Builds;

/// <summary>A gRPC call's end, as its client reads it.</summary>
internal static class GrpcAnswer
{
    public const string ContentType = "application/grpc";

    private const string StatusName = "grpc-status";
    private const string MessageName = "grpc-message";

    public static bool IsIn(HttpResponseMessage answer) => answer.Headers.Contains(StatusName);

    /// <summary>The call is over; what is answered already stays.</summary>
    public static void End(HttpContext call, StatusCode status, string message = "")
    {
        var response = call.Response;
        var (code, words) = (((int)status).ToString(CultureInfo.InvariantCulture), Uri.EscapeDataString(message));
        if (response.HasStarted)
        {
            response.AppendTrailer(StatusName, code);
            response.AppendTrailer(MessageName, words);
            return;
        }
        // Without a body the trailers are the head.
        response.ContentType = ContentType;
        response.Headers[StatusName] = code;
        response.Headers[MessageName] = words;
    }
}
