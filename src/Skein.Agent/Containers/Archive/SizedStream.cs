namespace Skein.Agent.Containers.Archive;

/// <summary>So many bytes of a stream: cut where it has more, zeros where it has less.</summary>
internal sealed class SizedStream(Stream inner, long size) : Stream
{
    private long _at;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => size;

    public override long Position
    {
        get => _at;
        set => _at = value == 0 && _at == 0 ? 0 : throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, size - _at);
        if (wanted == 0) return 0;
        var count = inner.Read(buffer[..wanted]);
        if (count == 0)
        {
            buffer[..wanted].Clear();
            count = wanted;
        }
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
