using Skein.Linux.Compression;

namespace Skein.Agent.Streams;

/// <summary>What a packed stream has in it.</summary>
internal sealed class DecodedStream(Stream packed, Decoder decoder) : ReadOnlyStream
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private ReadOnlyMemory<byte> _waiting;
    private bool _isLast;
    private bool _isComplete;

    public override int Read(Span<byte> buffer)
    {
        int given;
        while ((given = Decode(buffer)) == 0 && !_isLast) Filled(packed.Read(_buffer));
        return given;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int given;
        while ((given = Decode(buffer.Span)) == 0 && !_isLast) Filled(await packed.ReadAsync(_buffer, cancellationToken));
        return given;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) decoder.Dispose();
        base.Dispose(disposing);
    }

    private void Filled(int count) => (_waiting, _isLast) = (_buffer.AsMemory(0, count), count == 0);

    /// <returns>0 when more of the packed is needed, and at the end.</returns>
    /// <exception cref="EndOfStreamException">It ended in the middle.</exception>
    private int Decode(Span<byte> plain)
    {
        while (!(_isLast && _isComplete))
        {
            var step = decoder.Decode(_waiting.Span, plain, _isLast);
            _waiting = _waiting[step.Taken..];
            var isStill = step is { Taken: 0, Given: 0 };
            if (!isStill || step.IsComplete) _isComplete = step.IsComplete;
            if (step.Given > 0) return step.Given;
            if (isStill && _isLast && !_isComplete) throw new EndOfStreamException();
            if (isStill || _waiting.IsEmpty) return 0;
        }
        return 0;
    }
}
