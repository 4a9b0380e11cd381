using System.Buffers;
using System.Buffers.Binary;
using Skein.Agent.Streams;

namespace Skein.Api.Builds;

/// <summary>The connection of an HTTP/2 client of .NET, whose header fields go out as <see cref="RepeatedHeaders"/> has them; all else as it is.</summary>
internal sealed class HeaderPartingStream(Stream inner) : SequentialStream
{
    private const int FrameHeaderLength = 9;
    private const int MaxPayload = 16 * 1024;   // every server's least
    private const byte Headers = 1;
    private const byte Continuation = 9;
    private const byte EndHeaders = 4;

    private readonly ArrayBufferWriter<byte> _out = new();
    private readonly ArrayBufferWriter<byte> _block = new();
    private readonly byte[] _head = new byte[FrameHeaderLength];
    private int _preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.Length;
    private int _headCount;
    private int _payload;   // of the frame, still to come
    private byte _flags;    // of the HEADERS frame that _block began with

    public override bool CanRead => true;

    public override bool CanWrite => true;

    private bool InHeaders => _headCount == FrameHeaderLength && _head[3] is Headers or Continuation;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _out.ResetWrittenCount();
        Take(buffer.Span);
        if (_out.WrittenCount > 0) await inner.WriteAsync(_out.WrittenMemory, cancellationToken);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[TakeSome(bytes)..];
    }

    private int TakeSome(ReadOnlySpan<byte> bytes)
    {
        if (_preface > 0) return Pass(bytes, ref _preface);
        if (_headCount < FrameHeaderLength) return TakeHead(bytes);
        var count = Math.Min(_payload, bytes.Length);
        (InHeaders ? _block : _out).Write(bytes[..count]);
        if ((_payload -= count) == 0) EndFrame();
        return count;
    }

    private int TakeHead(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(FrameHeaderLength - _headCount, bytes.Length);
        bytes[..count].CopyTo(_head.AsSpan(_headCount));
        if ((_headCount += count) < FrameHeaderLength) return count;
        _payload = BinaryPrimitives.ReadInt32BigEndian(_head) >>> 8;
        if (!InHeaders) _out.Write(_head);
        else if (_head[3] == Headers) _flags = _head[4];
        if (_payload == 0) EndFrame();
        return count;
    }

    private void EndFrame()
    {
        if (InHeaders && (_head[4] & EndHeaders) != 0) WriteBlock();
        _headCount = 0;
    }

    private void WriteBlock()
    {
        var parted = new ArrayBufferWriter<byte>();
        RepeatedHeaders.Part(_block.WrittenSpan, parted);
        _block.ResetWrittenCount();
        var rest = parted.WrittenSpan;
        var kind = Headers;
        do
        {
            var piece = rest[..Math.Min(rest.Length, MaxPayload)];
            rest = rest[piece.Length..];
            var flags = kind == Headers ? (byte)(_flags & ~EndHeaders) : (byte)0;
            WriteFrame(kind, rest.Length == 0 ? (byte)(flags | EndHeaders) : flags, piece);
            kind = Continuation;
        }
        while (rest.Length > 0);
    }

    private void WriteFrame(byte kind, byte flags, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[FrameHeaderLength];
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8);
        (head[3], head[4]) = (kind, flags);
        _head.AsSpan(5).CopyTo(head[5..]);   // the stream's number
        _out.Write(head);
        _out.Write(payload);
    }

    private int Pass(ReadOnlySpan<byte> bytes, ref int left)
    {
        var count = Math.Min(left, bytes.Length);
        _out.Write(bytes[..count]);
        left -= count;
        return count;
    }
}
