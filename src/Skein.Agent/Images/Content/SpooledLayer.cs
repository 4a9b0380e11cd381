using System.IO.Compression;
using System.Security.Cryptography;
using Skein.Agent.Streams;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>A tar with files on its way to become a layer: in a file of ours, by gzip, however it came. containerd reads what is in it.</summary>
internal sealed class SpooledLayer : IDisposable
{
    private SpooledLayer(string file) => File = file;

    public string File { get; }

    public OciDescriptor Descriptor { get; private set; } = null!;

    public string DiffId { get; private set; } = "";

    public static async Task<SpooledLayer> SpoolAsync(Stream tar, string workDirectory, CancellationToken cancel)
    {
        Directory.CreateDirectory(workDirectory);
        var layer = new SpooledLayer(Path.Combine(workDirectory, "import-" + Path.GetRandomFileName()));
        try
        {
            await layer.WriteAsync(tar, cancel);
            return layer;
        }
        catch (Exception error)
        {
            layer.Dispose();
            if (error is InvalidDataException or EndOfStreamException) throw new SkeinException(ErrorKind.Internal, "unexpected EOF", error);
            throw;
        }
    }

    public void Dispose() => System.IO.File.Delete(File);

    private async Task WriteAsync(Stream tar, CancellationToken cancel)
    {
        using var packed = SHA256.Create();
        using var plain = SHA256.Create();
        await using (var file = new FileStream(File, FileMode.CreateNew, FileAccess.Write))
        await using (var hashed = new CryptoStream(file, packed, CryptoStreamMode.Write))
        await using (var gzip = new GZipStream(hashed, CompressionLevel.Fastest))
        await using (var source = new CryptoStream(await Compression.OpenAsync(tar, cancel), plain, CryptoStreamMode.Read))
        {
            await source.CopyToAsync(gzip, cancel);
        }
        DiffId = ContentDigest.OfHash(plain.Hash);
        Descriptor = new OciDescriptor { MediaType = MediaTypes.OciLayerGzip, Digest = ContentDigest.OfHash(packed.Hash), Size = new FileInfo(File).Length };
    }
}
