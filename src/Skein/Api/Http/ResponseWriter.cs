using System.Text.Json.Serialization.Metadata;

namespace Skein.Api.Http;

/// <summary>Writes answers as Docker's clients expect them.</summary>
internal static class ResponseWriter
{
    public static Task JsonAsync<T>(this HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        var body = GoJson.Write(value, type);
        context.Response.StatusCode = status;
        context.Response.ContentType = ErrorResponse.ContentType;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    public static Task EmptyAsync(this HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>One JSON value of a stream, sent at once, with its end in the same chunk: docker-py takes a chunk for a whole line.</summary>
    public static async Task JsonLineAsync<T>(this HttpContext context, T value, JsonTypeInfo<T> type)
    {
        await context.Response.Body.WriteAsync((byte[])[.. GoJson.Write(value, type), .. "\r\n"u8], context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
