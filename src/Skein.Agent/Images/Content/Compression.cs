using System.IO.Compression;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>How a tar was packed is seen by how it begins, as in Docker; what it is called says nothing.</summary>
internal static class Compression
{
    public static async Task<Stream> OpenAsync(Stream packed, CancellationToken cancel)
    {
        var head = new byte[6];
        var read = await packed.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel);
        var whole = new PrefixedStream(head.AsMemory(0, read), packed);
        return head switch
        {
            [0x1f, 0x8b, ..] => new GZipStream(whole, CompressionMode.Decompress),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => throw Unknown("zstd"),
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] => throw Unknown("xz"),
            [(byte)'B', (byte)'Z', (byte)'h', ..] => throw Unknown("bzip2"),
            _ => whole,
        };
    }

    private static SkeinException Unknown(string name) => SkeinException.NotImplemented($"archives packed by {name} are not supported: unpack it, or pack it by gzip");
}
