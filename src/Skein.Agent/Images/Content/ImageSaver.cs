using System.Globalization;
using System.Text;
using Skein.Agent.Tar;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>
/// Writes images as `docker save` does: an OCI layout and, for older readers, manifest.json, over the same blobs. Of an
/// image for several platforms the index is written whole, so that it keeps its digest, and what of it is here.
/// </summary>
internal sealed class ImageSaver(ContentStore content, string workDirectory)
{
    public async Task SaveAsync(IReadOnlyList<SaveItem> items, Stream target, CancellationToken cancel)
    {
        // Everything is looked at before the first byte: what is missing is then an error, not half a tar.
        var images = new List<SavedContent>();
        foreach (var item in items) images.Add(await ReadAsync(item, cancel));
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var image in images)
        {
            foreach (var blob in image.Blobs.Where(blob => written.Add(blob.Digest))) await WriteBlobAsync(target, blob, cancel);
            foreach (var (digest, bytes) in image.Documents.Where(document => written.Add(document.Digest))) await WriteAsync(target, PathOf(digest), bytes, cancel);
        }
        await WriteAsync(target, "manifest.json", ImageJson.Write([.. images.Select(Saved)]), cancel);
        await WriteAsync(target, "index.json", ImageJson.Write(Index(images)), cancel);
        await WriteAsync(target, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(), cancel);
        await target.WriteAsync(TarHeadWriter.End, cancel);
    }

    private async Task<SavedContent> ReadAsync(SaveItem item, CancellationToken cancel)
    {
        var documents = new List<(string Digest, byte[] Bytes)>();
        var manifests = new List<OciManifest>();
        foreach (var one in item.Image.All)
        {
            var bytes = await NeedAsync(one.ManifestDigest, cancel);
            documents.Add((one.ManifestDigest, bytes));
            manifests.Add(ImageJson.ReadManifest(bytes, one.ManifestDigest));
        }
        if (item.Image.Target.Digest != item.Image.ManifestDigest) documents.Add((item.Image.Target.Digest, await NeedAsync(item.Image.Target.Digest, cancel)));
        foreach (var blob in manifests.SelectMany(Parts))
        {
            if (await content.FindAsync(blob.Digest, cancel) is null) throw Missing(blob.Digest);
        }
        return new SavedContent(item, documents, manifests);
    }

    private static IEnumerable<OciDescriptor> Parts(OciManifest manifest) => [manifest.Config!, .. manifest.Layers ?? []];

    /// <summary>For readers that know of no index: this host's image, or the first.</summary>
    private static SavedImage Saved(SavedContent image) => new()
    {
        Config = PathOf(image.Manifests[0].Config!.Digest),
        RepoTags = image.Item.Names.Count == 0 ? null : [.. image.Item.Names.Select(name => name.Familiar)],
        Layers = [.. (image.Manifests[0].Layers ?? []).Select(layer => PathOf(layer.Digest))],
    };

    private static OciManifest Index(List<SavedContent> images) => new()
    {
        SchemaVersion = 2,
        MediaType = MediaTypes.OciIndex,
        Manifests = [.. images.SelectMany(image => image.Item.Names.DefaultIfEmpty().Select(name => new OciDescriptor
        {
            MediaType = image.TargetType,
            Digest = image.Item.Image.Target.Digest,
            Size = image.Documents[^1].Bytes.Length,
            Annotations = name is null ? null : new Dictionary<string, string>
            {
                ["io.containerd.image.name"] = name.Normalized,
                ["org.opencontainers.image.ref.name"] = name.ManifestKey,
            },
        }))],
    };

    /// <param name="Documents">The target last.</param>
    private sealed record SavedContent(SaveItem Item, IReadOnlyList<(string Digest, byte[] Bytes)> Documents, IReadOnlyList<OciManifest> Manifests)
    {
        public IEnumerable<OciDescriptor> Blobs => Manifests.SelectMany(Parts);

        public string TargetType => Documents.Count > Manifests.Count
            ? ImageJson.ReadManifest(Documents[^1].Bytes, Item.Image.Name).MediaType ?? MediaTypes.OciIndex
            : Manifests[^1].MediaType ?? MediaTypes.OciManifest;
    }

    /// <summary>By way of a file: a tar says how long an entry is before its first byte.</summary>
    private async Task WriteBlobAsync(Stream target, OciDescriptor blob, CancellationToken cancel)
    {
        Directory.CreateDirectory(workDirectory);
        var path = Path.Combine(workDirectory, "save-" + Path.GetRandomFileName());
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        if (!await content.TryCopyAsync(blob.Digest, file, cancel)) throw Missing(blob.Digest);
        file.Position = 0;
        await WriteAsync(target, PathOf(blob.Digest), file, cancel);
    }

    private static async Task WriteAsync(Stream target, string name, byte[] bytes, CancellationToken cancel)
    {
        using var data = new MemoryStream(bytes);
        await WriteAsync(target, name, data, cancel);
    }

    /// <summary>The same image gives the same tar: all is of 1970.</summary>
    private static async Task WriteAsync(Stream target, string name, Stream data, CancellationToken cancel)
    {
        var head = new TarHead(TarKind.Plain, Encoding.ASCII.GetBytes(name)) { Mode = 0b110_100_100, Size = data.Length };
        await target.WriteAsync(TarHeadWriter.Bytes(head), cancel);
        await data.CopyToAsync(target, cancel);
        await target.WriteAsync(TarHeadWriter.GapAfter(data.Length), cancel);
    }

    private static string PathOf(string digest) => string.Create(CultureInfo.InvariantCulture, $"blobs/{digest.Replace(':', '/')}");

    private async Task<byte[]> NeedAsync(string digest, CancellationToken cancel) => await content.TryReadAsync(digest, cancel) ?? throw Missing(digest);

    private static SkeinException Missing(string digest) => SkeinException.NotFound($"content {digest} is not here");
}
