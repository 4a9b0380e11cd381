using System.IO.Compression;

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
            _ => whole,
        };
    }
}
