using System.Formats.Tar;
using System.Globalization;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>
/// Writes images as `docker save` does: an OCI layout and, for older readers, manifest.json, over the same blobs. Of an
/// image for several platforms only this host's is here, and only that is written.
/// </summary>
internal sealed class ImageSaver(ContentStore content, string workDirectory)
{
    public async Task SaveAsync(IReadOnlyList<SaveItem> items, Stream target, CancellationToken cancel)
    {
        // Everything is looked at before the first byte: what is missing is then an error, not half a tar.
        var images = new List<(SaveItem Item, byte[] Bytes, OciManifest Manifest)>();
        foreach (var item in items)
        {
            var bytes = await NeedAsync(item.ManifestDigest, cancel);
            var manifest = ImageJson.ReadManifest(bytes, item.ManifestDigest);
            foreach (var blob in Parts(manifest))
            {
                if (await content.FindAsync(blob.Digest, cancel) is null) throw Missing(blob.Digest);
            }
            images.Add((item, bytes, manifest));
        }
        await using var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (item, bytes, manifest) in images)
        {
            foreach (var blob in Parts(manifest).Where(blob => written.Add(blob.Digest))) await WriteBlobAsync(tar, blob, cancel);
            if (written.Add(item.ManifestDigest)) await WriteAsync(tar, PathOf(item.ManifestDigest), bytes, cancel);
        }
        await WriteAsync(tar, "manifest.json", ImageJson.Write([.. images.Select(image => Saved(image.Item, image.Manifest))]), cancel);
        await WriteAsync(tar, "index.json", ImageJson.Write(Index(images)), cancel);
        await WriteAsync(tar, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(), cancel);
    }

    private static IEnumerable<OciDescriptor> Parts(OciManifest manifest) => [manifest.Config!, .. manifest.Layers ?? []];

    private static SavedImage Saved(SaveItem item, OciManifest manifest) => new()
    {
        Config = PathOf(manifest.Config!.Digest),
        RepoTags = item.Names.Count == 0 ? null : [.. item.Names.Select(name => name.Familiar)],
        Layers = [.. (manifest.Layers ?? []).Select(layer => PathOf(layer.Digest))],
    };

    private static OciManifest Index(List<(SaveItem Item, byte[] Bytes, OciManifest Manifest)> images) => new()
    {
        SchemaVersion = 2,
        MediaType = MediaTypes.OciIndex,
        Manifests = [.. images.SelectMany(image => image.Item.Names.DefaultIfEmpty().Select(name => new OciDescriptor
        {
            MediaType = image.Manifest.MediaType ?? MediaTypes.OciManifest,
            Digest = image.Item.ManifestDigest,
            Size = image.Bytes.Length,
            Annotations = name is null ? null : new Dictionary<string, string>
            {
                ["io.containerd.image.name"] = name.Normalized,
                ["org.opencontainers.image.ref.name"] = name.ManifestKey,
            },
        }))],
    };

    /// <summary>By way of a file: a tar says how long an entry is before its first byte.</summary>
    private async Task WriteBlobAsync(TarWriter tar, OciDescriptor blob, CancellationToken cancel)
    {
        Directory.CreateDirectory(workDirectory);
        var path = Path.Combine(workDirectory, "save-" + Path.GetRandomFileName());
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        if (!await content.TryCopyAsync(blob.Digest, file, cancel)) throw Missing(blob.Digest);
        file.Position = 0;
        await tar.WriteEntryAsync(Entry(PathOf(blob.Digest), file), cancel);
    }

    private static async Task WriteAsync(TarWriter tar, string name, byte[] bytes, CancellationToken cancel)
    {
        using var data = new MemoryStream(bytes);
        await tar.WriteEntryAsync(Entry(name, data), cancel);
    }

    // The same image gives the same tar.
    private static PaxTarEntry Entry(string name, Stream data) => new(TarEntryType.RegularFile, name)
    {
        DataStream = data,
        ModificationTime = DateTimeOffset.UnixEpoch,
        Mode = (UnixFileMode)0b110_100_100,
    };

    private static string PathOf(string digest) => string.Create(CultureInfo.InvariantCulture, $"blobs/{digest.Replace(':', '/')}");

    private async Task<byte[]> NeedAsync(string digest, CancellationToken cancel) => await content.TryReadAsync(digest, cancel) ?? throw Missing(digest);

    private static SkeinException Missing(string digest) => SkeinException.NotFound($"content {digest} is not here");
}
