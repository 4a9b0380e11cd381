using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;

namespace Skein.Api.Builds;

/// <summary>Passes calls on as they are: heads, messages and trailers, none of which it understands.</summary>
/// <param name="peer">What is at the other end, in the words for whoever's call breaks.</param>
internal sealed class GrpcForwarder(HttpMessageInvoker target, string peer)
{
    // Names that are the connection's and not the call's; HTTP/2 forbids them.
    private static readonly string[] s_connections = ["Host", "Connection", "Transfer-Encoding", "Keep-Alive", "Upgrade", "Proxy-Connection"];

    /// <param name="body">In the place of the call's own.</param>
    public async Task ForwardAsync(HttpContext call, HttpContent? body = null)
    {
        var cancel = call.RequestAborted;
        var streamed = body is null ? new StreamedBody(call.Request.BodyReader) : null;
        try
        {
            using var request = RequestOf(call, body ?? streamed!);
            using var answer = await target.SendAsync(request, cancel);
            await AnswerAsync(call, answer, cancel);
        }
        catch (Exception error) when (error is HttpRequestException or IOException && !cancel.IsCancellationRequested)
        {
            GrpcAnswer.End(call, StatusCode.Unavailable, $"{peer}: {error.Message}");
        }
        finally
        {
            if (streamed is not null) await streamed.EndAsync();
        }
    }

    private static HttpRequestMessage RequestOf(HttpContext call, HttpContent body)
    {
        var request = new HttpRequestMessage(new HttpMethod(call.Request.Method), $"http://localhost{call.Request.Path}{call.Request.QueryString}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        foreach (var (name, values) in call.Request.Headers)
        {
            if (name.StartsWith(':') || s_connections.Contains(name, StringComparer.OrdinalIgnoreCase) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) continue;
            var value = RepeatedHeaders.Join(values);
            if (!request.Headers.TryAddWithoutValidation(name, value)) body.Headers.TryAddWithoutValidation(name, value);
        }
        return request;
    }

    private static async Task AnswerAsync(HttpContext call, HttpResponseMessage answer, CancellationToken cancel)
    {
        call.Response.StatusCode = (int)answer.StatusCode;
        Copy(answer.Headers, call);
        Copy(answer.Content.Headers, call);
        // A head that has the status already is all of the answer, and must end the stream by itself; any other is not held back.
        if (!GrpcAnswer.IsIn(answer)) await call.Response.BodyWriter.FlushAsync(cancel);
        var (body, output) = (await answer.Content.ReadAsStreamAsync(cancel), call.Response.BodyWriter);
        while (await body.ReadAsync(output.GetMemory(), cancel) is > 0 and var count)
        {
            output.Advance(count);
            await output.FlushAsync(cancel);
        }
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
        {
            foreach (var value in values) call.Response.AppendTrailer(name, value);
        }
    }

    private static void Copy(HttpHeaders headers, HttpContext call)
    {
        foreach (var (name, values) in headers.NonValidated)
        {
            if (!s_connections.Contains(name, StringComparer.OrdinalIgnoreCase)) call.Response.Headers[name] = values.ToArray();
        }
    }
}
