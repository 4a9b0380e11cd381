using System.Diagnostics;
using Skein.Model;

namespace Skein.Api.Http;

/// <summary>Around every request: the version prefix, Docker's headers, and errors as Docker's JSON.</summary>
internal sealed partial class ApiMiddleware(EngineIdentity identity, ILogger log)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var response = context.Response;
        response.Headers.Server = identity.ServerHeader;
        response.Headers["Api-Version"] = ApiVersion.Current.ToString();
        response.Headers["Ostype"] = "linux";
        response.Headers["Docker-Experimental"] = "false";
        var started = Stopwatch.GetTimestamp();
        try
        {
            var (version, path) = ApiPath.Split(ApiPath.Clean(context.Request.Path.Value ?? "/"));
            context.Items[nameof(ApiVersion)] = version;
            context.Request.Path = path;
            // Routing takes no notice of it, so that the object with an empty name would be the list of all.
            if (path is [_, .., '/']) throw SkeinException.NotFound("page not found");
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away, and whatever failed did by that: nobody is left to tell.
        }
        catch (Exception error)
        {
            await AnswerAsync(context, error);
        }
        RequestDone(context.Request.Method, context.Request.Path, response.StatusCode, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private async Task AnswerAsync(HttpContext context, Exception error)
    {
        var status = ErrorResponse.StatusOf(error);
        if (context.Response.HasStarted || (error is not SkeinException && status == StatusCodes.Status500InternalServerError))
            RequestFailed(error, context.Request.Method, context.Request.Path);
        if (context.Response.HasStarted)
        {
            // Too late for a status: a broken body tells the client that the answer is not whole.
            context.Abort();
            return;
        }
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status304NotModified) return;
        var body = new ErrorResponse(ErrorResponse.MessageOf(error)).ToJson();
        context.Response.ContentType = ErrorResponse.ContentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }

    [LoggerMessage(1200, LogLevel.Error, "{Method} {Path} failed")]
    private partial void RequestFailed(Exception error, string method, PathString path);

    [LoggerMessage(1201, LogLevel.Debug, "{Method} {Path} {Status} in {Milliseconds:F1} ms")]
    private partial void RequestDone(string method, PathString path, int status, double milliseconds);
}
