using System.Text.Json.Serialization;
using Grpc.Core;
using Skein.Api.Engine;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Api.Http;

/// <summary>Docker's error body. Its client reads it only under exactly "application/json".</summary>
internal sealed record ErrorResponse([property: JsonPropertyName("message")] string Message)
{
    public const string ContentType = "application/json";

    public byte[] ToJson() => GoJson.Write(this, EngineJson.Default.ErrorResponse);

    public static int StatusOf(Exception error) => error switch
    {
        SkeinException e => StatusOf(e.Kind),
        SequenceConflictException => StatusCodes.Status500InternalServerError,
        BadHttpRequestException e => e.StatusCode,
        _ => StatusCodes.Status500InternalServerError,
    };

    public static string MessageOf(Exception error) => error switch
    {
        RpcException { Status.Detail.Length: > 0 } e => e.Status.Detail,
        _ => error.Message,
    };

    private static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.InvalidArgument => StatusCodes.Status400BadRequest,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.NotImplemented => StatusCodes.Status501NotImplemented,
        ErrorKind.NotModified => StatusCodes.Status304NotModified,
        _ => StatusCodes.Status500InternalServerError,
    };
}
