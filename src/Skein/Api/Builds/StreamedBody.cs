using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Skein.Api.Builds;

/// <summary>A call's messages as they come in, sent on at once: neither side of a stream waits for the end of the other.</summary>
internal sealed class StreamedBody(PipeReader source) : HttpContent
{
    private const int Unread = 0, Reading = 1, Over = 2;

    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    /// <summary>
    /// Nothing reads from the source any more. Its request may be over before that: the web server gives the pipe to the next request of the
    /// connection, which would be told that "reading is already in progress".
    /// </summary>
    public async Task EndAsync()
    {
        if (Interlocked.Exchange(ref _state, Over) == Unread || _read.Task.IsCompleted) return;
        source.CancelPendingRead();
        await _read.Task;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Reading, Unread) != Unread) throw new IOException("the call is over");
        try
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
        finally
        {
            _read.SetResult();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
