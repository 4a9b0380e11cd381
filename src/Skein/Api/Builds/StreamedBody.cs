using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Skein.Api.Builds;

/// <summary>A call's messages as they come in, sent on at once: neither side of a stream waits for the end of the other.</summary>
internal sealed class StreamedBody(PipeReader source) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The call's head, which would wait for a first message: in some calls it is the other side that speaks first.
        await stream.FlushAsync(cancellationToken);
        while (true)
        {
            var read = await source.ReadAsync(cancellationToken);
            foreach (var piece in read.Buffer) await stream.WriteAsync(piece, cancellationToken);
            source.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || read.IsCanceled) return;
            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
