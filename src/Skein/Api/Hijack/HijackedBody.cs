using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Skein.Model;

namespace Skein.Api.Hijack;

/// <summary>Reads the body of a request whose connection is taken over, and nothing of what follows: that is the process's input.</summary>
internal static class HijackedBody
{
    private const int MaxLength = 1 << 20;

    public static async Task<byte[]> ReadAsync(PipeReader input, HijackedRequest request, CancellationToken cancel)
    {
        var read = await input.ReadAsync(cancel);
        input.AdvanceTo(HijackedRequest.FindHeadEnd(read.Buffer)!.Value);
        if (request.IsChunked) return await ReadChunkedAsync(input, cancel);
        if (request.ContentLength > MaxLength) throw SkeinException.Invalid("http: request body too large");
        return request.ContentLength == 0 ? [] : await ReadExactlyAsync(input, (int)request.ContentLength, cancel);
    }

    private static async Task<byte[]> ReadChunkedAsync(PipeReader input, CancellationToken cancel)
    {
        var body = new MemoryStream();
        while (true)
        {
            var line = await ReadLineAsync(input, cancel);
            if (!int.TryParse(line.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) || size < 0)
                throw SkeinException.Invalid("invalid byte in chunk length");
            if (body.Length + size > MaxLength) throw SkeinException.Invalid("http: request body too large");
            if (size > 0) body.Write(await ReadExactlyAsync(input, size, cancel));
            await ReadLineAsync(input, cancel);
            if (size == 0) return body.ToArray();
        }
    }

    private static async Task<string> ReadLineAsync(PipeReader input, CancellationToken cancel)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancel);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(read.Buffer.Slice(0, end)).TrimEnd('\r');
                input.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }
            if (read.IsCompleted) throw new IOException("unexpected EOF");
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task<byte[]> ReadExactlyAsync(PipeReader input, int length, CancellationToken cancel)
    {
        var read = await input.ReadAtLeastAsync(length, cancel);
        if (read.Buffer.Length < length) throw new IOException("unexpected EOF");
        var body = read.Buffer.Slice(0, length).ToArray();
        input.AdvanceTo(read.Buffer.GetPosition(length));
        return body;
    }
}
