namespace Skein.Agent.Streams;

/// <summary>A stream that is read from front to back, and nothing else.</summary>
internal abstract class ReadOnlyStream : SequentialStream
{
    public override bool CanRead => true;

    public override bool CanWrite => false;

    public abstract override int Read(Span<byte> buffer);

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
}
