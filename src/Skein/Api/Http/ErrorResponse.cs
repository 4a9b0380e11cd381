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

    // What a disk says, as the runtime writes it and as Go does, by which people and programs know it.
    private static readonly string[] s_disk = ["No space left on device", "Disk quota exceeded", "Read-only file system", "Input/output error"];

    public byte[] ToJson() => GoJson.Write(this, EngineJson.Default.ErrorResponse);

    public static int StatusOf(Exception error) => error switch
    {
        SkeinException e => StatusOf(e.Kind),
        SequenceConflictException => StatusCodes.Status500InternalServerError,
        BadHttpRequestException e => e.StatusCode,
        _ => StatusCodes.Status500InternalServerError,
    };

    // What a client has sent stands in what it is told: a path of a megabyte need not come back, nor go into logs.
    private const int LengthMax = 16 << 10;

    public static string MessageOf(Exception error)
    {
        var message = InGosWords(error is RpcException { Status.Detail.Length: > 0 } e ? e.Status.Detail : error.Message);
        if (message.Length <= LengthMax) return message;
        var (first, last) = (LengthMax / 2, message.Length - LengthMax / 2);
        // Not between the halves of one letter.
        if (char.IsLowSurrogate(message[first])) first--;
        if (char.IsLowSurrogate(message[last])) last++;
        return $"{message[..first]}…{message[last..]}";
    }

    private static string InGosWords(string message) =>
        s_disk.Aggregate(message, (text, words) => text.Replace(words, char.ToLowerInvariant(words[0]) + words[1..], StringComparison.Ordinal));

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
