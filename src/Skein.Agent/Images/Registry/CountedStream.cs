using Skein.Agent.Streams;

namespace Skein.Agent.Images.Registry;

/// <summary>Tells how much of it was read.</summary>
/// <param name="every">Bytes between one time and the next.</param>
internal sealed class CountedStream(Stream inner, long every, Action<long> tell) : ReadOnlyStream
{
    private long _read;
    private long _told;

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("read asynchronously only");

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _read += count;
        if (_read - _told >= every || (count == 0 && _read > _told))
        {
            _told = _read;
            tell(_read);
        }
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
