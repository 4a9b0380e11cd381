using System.IO.Compression;
using Skein.Linux.Compression;

namespace Skein.Agent.Streams;

/// <summary>How a tar was packed is seen by how it begins, as in Docker; what it is called says nothing.</summary>
/// <remarks>The library that unpacks it is loaded here: whoever reads may be in a container's root, whose own libraries are not to be trusted.</remarks>
public static class Compression
{
    public static async Task<Stream> OpenAsync(Stream packed, CancellationToken cancel)
    {
        var head = new byte[6];
        var read = await packed.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel);
        var whole = new PrefixedStream(head.AsMemory(0, read), packed);
        return head switch
        {
            [0x1f, 0x8b, ..] => Gzip(whole),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => new DecodedStream(whole, new ZstdDecoder()),
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] => new DecodedStream(whole, new XzDecoder()),
            [(byte)'B', (byte)'Z', (byte)'h', ..] => new DecodedStream(whole, new Bzip2Decoder()),
            _ => whole,
        };
    }

    private static GZipStream Gzip(Stream packed)
    {
        using (var some = new GZipStream(new MemoryStream(), CompressionMode.Compress)) some.WriteByte(0);
        return new GZipStream(packed, CompressionMode.Decompress);
    }
}
