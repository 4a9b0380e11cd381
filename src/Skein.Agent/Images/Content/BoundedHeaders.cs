using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>
/// A tar whose headers have a bound. .NET's reader takes an extended header whole into memory, which may say that it is 2 GB long and
/// be packed into 2 MB; it is the only one that asks for more than a buffer at once.
/// </summary>
internal sealed class BoundedHeaders(Stream tar) : ReadOnlyStream
{
    // Go's, by which Docker reads.
    private const int HeaderMax = 1 << 20;

    public override int Read(Span<byte> buffer) => tar.Read(buffer[..Checked(buffer.Length)]);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        tar.ReadAsync(buffer[..Checked(buffer.Length)], cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing) tar.Dispose();
        base.Dispose(disposing);
    }

    private static int Checked(int length) => length <= HeaderMax ? length : throw SkeinException.Invalid("archive/tar: header field too long");
}
