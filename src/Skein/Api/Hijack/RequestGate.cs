using System.Buffers;
using System.IO.Pipelines;

namespace Skein.Api.Hijack;

/// <summary>
/// A connection's input as Kestrel is shown it: one request at a time, so that each head is seen here first. Clients keep their
/// connections (docker-py and node do) and begin an exec on one that has served other requests. At a request to be taken over
/// Kestrel finds the end of the connection, having answered all before it, and the rest is left unread for whoever serves it.
/// </summary>
internal sealed class RequestGate(PipeReader input, Func<HijackedRequest, bool> takesOver) : PipeReader
{
    private RequestBody? _body;   // of the request that is being shown; null before its head is there
    private long _shown;          // bytes from the start of the input that Kestrel may see
    private bool _wantsMore;      // Kestrel has looked at all of them
    private ReadOnlySequence<byte> _buffer;
    private volatile bool _serving;

    /// <summary>Kestrel has been shown a request and has not asked for the next one.</summary>
    public bool Serving => _serving;

    /// <summary>The request that is not Kestrel's, once there is one.</summary>
    public HijackedRequest? TakenOver { get; private set; }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (TakenOver is not null) return Nothing;
            if (_body is null) _serving = false;
            var read = await input.ReadAsync(cancellationToken);
            if (TryShow(read, out var shown)) return shown;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        result = Nothing;
        if (TakenOver is not null) return true;
        if (!input.TryRead(out var read)) return false;
        if (TryShow(read, out result)) return true;
        input.AdvanceTo(read.Buffer.Start);
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (TakenOver is not null) return;
        var visible = _buffer.Slice(0, _shown);
        _wantsMore = visible.Slice(examined).IsEmpty;
        _shown = visible.Slice(consumed).Length;
        if (_shown == 0 && _body is { Ended: true }) _body = null;
        input.AdvanceTo(consumed);
    }

    /// <summary>Not passed on any more once the connection is another's: Kestrel's timers for a request's head outlive its part in it.</summary>
    public override void CancelPendingRead()
    {
        if (TakenOver is null) input.CancelPendingRead();
    }

    /// <summary>The connection's own end completes its input.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    private static ReadResult Nothing => new(ReadOnlySequence<byte>.Empty, isCanceled: false, isCompleted: true);

    private bool TryShow(ReadResult read, out ReadResult shown)
    {
        var before = _shown;
        _buffer = read.Buffer;
        if (_body is null && !(_serving = TryBegin(read)))
        {
            shown = TakenOver is null ? new(_buffer.Slice(0, 0), read.IsCanceled, isCompleted: false) : Nothing;
            return read.IsCanceled || TakenOver is not null;
        }
        if (_body is { } body) _shown += body.Count(_buffer.Slice(_shown));
        // A request that is cut short is shown as such.
        var cut = read.IsCompleted && _body is not { Ended: true };
        if (cut) _shown = _buffer.Length;
        var ended = read.IsCompleted && _shown == _buffer.Length;
        shown = new(_buffer.Slice(0, _shown), read.IsCanceled, ended);
        return read.IsCanceled || ended || _shown > before || (_shown > 0 && !_wantsMore);
    }

    /// <summary>False while there is no whole head, and when it is not for Kestrel.</summary>
    private bool TryBegin(ReadResult read)
    {
        if (HijackedRequest.FindHeadEnd(read.Buffer) is not { } end)
        {
            if (read.Buffer.Length > HijackedRequest.MaxHeadLength) _body = RequestBody.Endless;
            return _body is not null || read.IsCompleted;
        }
        var head = read.Buffer.Slice(0, end);
        var request = HijackedRequest.Parse(head);
        if (request is not null && takesOver(request))
        {
            TakenOver = request;
            input.AdvanceTo(read.Buffer.Start);
            return false;
        }
        _body = request is null ? RequestBody.Endless : RequestBody.Of(request);
        _shown = head.Length;
        return true;
    }
}
