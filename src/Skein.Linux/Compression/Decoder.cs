namespace Skein.Linux.Compression;

/// <summary>
/// One packed stream being unpacked, piece by piece, by the libraries that every Debian has for its own packages. They are loaded
/// with the first decoder of a kind. For one caller at a time.
/// </summary>
public abstract class Decoder : IDisposable
{
    /// <summary>
    /// The most that one stream may have unpacked before it in memory: what `xz -9` (64 MiB) and `zstd --long` (128 MiB) need. What asks for
    /// more is refused, since its head can ask for 4 GiB.
    /// </summary>
    protected const int WindowSizeMax = 128 << 20;

    // Not before the library has given something: where there is none, nothing may be asked of it at the end either.
    private bool _isOpen;

    ~Decoder() => End();

    /// <exception cref="InvalidDataException">It is not what it began as, or it wants more memory than it may have.</exception>
    /// <param name="isLast">Nothing follows what is given now.</param>
    public abstract DecoderStep Decode(ReadOnlySpan<byte> packed, Span<byte> plain, bool isLast);

    public void Dispose()
    {
        End();
        GC.SuppressFinalize(this);
    }

    protected void Opened() => _isOpen = true;

    protected abstract void Close();

    private void End()
    {
        if (_isOpen) Close();
        _isOpen = false;
    }
}
