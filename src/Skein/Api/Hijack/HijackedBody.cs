using System.Buffers;
using System.IO.Pipelines;
using Skein.Model;

namespace Skein.Api.Hijack;

/// <summary>Reads the body of a request whose connection is taken over, and nothing of what follows: that is the process's input.</summary>
internal static class HijackedBody
{
    private const int MaxLength = 1 << 20;

    public static async Task<byte[]> ReadAsync(PipeReader input, HijackedRequest request, CancellationToken cancel)
    {
        var head = await input.ReadAsync(cancel);
        input.AdvanceTo(HijackedRequest.FindHeadEnd(head.Buffer)!.Value);
        if (request is { IsChunked: false, ContentLength: null }) throw SkeinException.Invalid($"bad Content-Length \"{request.Headers["Content-Length"]}\"");
        var (body, content) = (RequestBody.UntilUpgrade(request), new ArrayBufferWriter<byte>());
        while (!body.Ended)
        {
            if (content.WrittenCount + body.Announced > MaxLength) throw SkeinException.Invalid("http: request body too large");
            var read = await input.ReadAsync(cancel);
            var end = read.Buffer.GetPosition(body.Count(read.Buffer, content));
            // What follows the body is the next reader's at once; a line of it that is not whole waits for more.
            input.AdvanceTo(end, body.Ended ? end : read.Buffer.End);
            if (body.IsEndless) throw SkeinException.Invalid("invalid byte in chunk length");
            if (read.IsCompleted && !body.Ended) throw new IOException("unexpected EOF");
        }
        return content.WrittenSpan.ToArray();
    }
}
