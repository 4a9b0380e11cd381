using System.Security.Cryptography;
using System.Text;
using Skein.Agent.Streams;
using Skein.Agent.Tar;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>
/// A tar of images, as `docker save` writes it (manifest.json) or as an OCI layout (index.json), spooled to files
/// since its parts come in any order. Names from the tar never become paths: each file gets a number.
/// </summary>
internal sealed class ImageArchive : IBlobSource, IDisposable
{
    private const int DocumentSizeMax = 4 << 20;
    private const int PieceBytes = 64 << 10;

    // All that is read whole, some of which is kept in memory: a document of 4 MiB packs into a thousandth, and an index may list 1024.
    private const long DocumentsMax = 64 << 20;

    // Each image and each name is written by itself.
    private const int NamesMax = 10_000;

    // A hundred images of the most layers that one may have; each becomes a file.
    private const int EntriesMax = 1 << 16;

    private readonly string _directory;
    private readonly Dictionary<string, string> _files = [];
    private readonly Dictionary<string, string> _links = [];
    private readonly Dictionary<string, string> _blobs = [];
    private readonly Dictionary<string, OciDescriptor> _described = [];

    private long _documents;

    private ImageArchive(string directory) => _directory = directory;

    public string Origin => "";

    public IReadOnlyDictionary<string, string> Labels => GcLabels.None;

    public static async Task<ImageArchive> SpoolAsync(Stream tar, string workDirectory, CancellationToken cancel)
    {
        Directory.CreateDirectory(workDirectory);
        var archive = new ImageArchive(Directory.CreateDirectory(Path.Combine(workDirectory, "load-" + Path.GetRandomFileName())).FullName);
        try
        {
            await using var plain = await Compression.OpenAsync(tar, cancel);
            await archive.SpoolAsync(plain, cancel);
            return archive;
        }
        catch (Exception error) when (error is TarFormatException or InvalidDataException or EndOfStreamException)
        {
            archive.Dispose();
            throw new SkeinException(ErrorKind.Internal, error is TarFormatException ? error.Message : "unexpected EOF", error);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>By its layout, which has whole documents; what only manifest.json knows by that.</summary>
    /// <param name="platform">Of an index the image for this alone; null for all.</param>
    public async Task<IReadOnlyList<ArchivedImage>> ReadImagesAsync(ImagePlatform? platform, CancellationToken cancel)
    {
        var (manifest, index) = (TryFile("manifest.json"), TryFile("index.json"));
        if (manifest is null && index is null) throw SkeinException.Invalid("unrecognized image format");
        var images = await ReadAllAsync(manifest, index, platform, cancel);
        return images.Sum(image => Math.Max(1, image.Names.Count)) <= NamesMax ? images : throw SkeinException.Invalid($"the archive has more than {NamesMax} names of images");
    }

    private async Task<IReadOnlyList<ArchivedImage>> ReadAllAsync(string? manifest, string? index, ImagePlatform? platform, CancellationToken cancel)
    {
        var laid = index is null ? [] : await ReadLayoutAsync(await DocumentAsync(index, cancel), platform, cancel);
        if (manifest is null) return laid.Count > 0 ? laid : throw SkeinException.Invalid("unrecognized image format");
        var saved = await ReadSavedAsync(await DocumentAsync(manifest, cancel), cancel);
        // Older savers name a layout's images in manifest.json alone.
        var all = laid.Select(image => image with { Names = [.. image.Names.Union(saved.Where(other => other.ConfigDigest == image.ConfigDigest).SelectMany(other => other.Names))] }).ToList();
        if (platform is null || laid.Count == 0) all.AddRange(saved.Where(image => laid.All(other => other.ConfigDigest != image.ConfigDigest)));
        return all;
    }

    public async Task<byte[]> ReadAsync(OciDescriptor blob, CancellationToken cancel)
    {
        var bytes = await DocumentAsync(FileOf(blob), cancel);
        return ContentDigest.Of(bytes) == blob.Digest ? bytes : throw SkeinException.Invalid($"the archive's {blob.Digest} is something else");
    }

    public Task<Stream> OpenAsync(OciDescriptor blob, long offset, CancellationToken cancel)
    {
        var stream = File.OpenRead(FileOf(blob));
        stream.Seek(offset, SeekOrigin.Begin);
        return Task.FromResult<Stream>(stream);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task SpoolAsync(Stream plain, CancellationToken cancel)
    {
        var (input, piece) = (new TarInput(plain), new byte[PieceBytes]);
        for (var entries = 1; await input.NextAsync(cancel) is { } head; entries++)
        {
            if (entries > EntriesMax) throw SkeinException.Invalid($"the archive has more than {EntriesMax} entries");
            var name = Clean(Encoding.UTF8.GetString(head.Name));
            if (head.Kind is TarKind.Link)
                _links[name] = Clean(Path.GetDirectoryName(name) + "/" + Encoding.UTF8.GetString(head.LinkName));
            else if (head.Kind is TarKind.HardLink)
                _links[name] = Clean(Encoding.UTF8.GetString(head.LinkName));
            else if (head.Kind is TarKind.Plain or TarKind.Contiguous)
                _files[name] = await SpoolAsync(input, piece, cancel);
        }
    }

    private async Task<string> SpoolAsync(TarInput input, byte[] piece, CancellationToken cancel)
    {
        var file = Path.Combine(_directory, _files.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await using var target = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        while (await input.ReadAsync(piece, cancel) is > 0 and var count) await target.WriteAsync(piece.AsMemory(0, count), cancel);
        return file;
    }

    private async Task<IReadOnlyList<ArchivedImage>> ReadSavedAsync(byte[] document, CancellationToken cancel)
    {
        var images = new List<ArchivedImage>();
        foreach (var saved in ImageJson.ReadSaved(document))
        {
            var config = await DescribeAsync(saved.Config, MediaTypes.OciConfig, cancel);
            var layers = new List<OciDescriptor>();
            foreach (var layer in saved.Layers ?? []) layers.Add(await DescribeAsync(layer, null, cancel));
            var manifest = new OciManifest { SchemaVersion = 2, MediaType = MediaTypes.OciManifest, Config = config, Layers = layers };
            var bytes = ImageJson.Write(manifest);
            var descriptor = new OciDescriptor { MediaType = MediaTypes.OciManifest, Digest = ContentDigest.Of(bytes), Size = bytes.Length };
            var names = (saved.RepoTags ?? []).Select(tag => ImageReference.Parse(tag).StoredName).ToList();
            images.Add(new ArchivedImage([new ImageContent(descriptor, null, descriptor, bytes)], config.Digest, names));
        }
        return images;
    }

    private async Task<IReadOnlyList<ArchivedImage>> ReadLayoutAsync(byte[] document, ImagePlatform? platform, CancellationToken cancel)
    {
        var images = new List<ArchivedImage>();
        foreach (var same in (ImageJson.ReadManifest(document, "index.json").Manifests ?? []).Where(entry => !entry.IsAttestation).GroupBy(entry => entry.Digest))
        {
            // What the archive lists and does not hold, manifest.json may know otherwise.
            if (same.First() is var target && !Holds(target)) continue;
            var contents = await ContentsAsync(target, platform, cancel);
            if (contents.Count == 0) continue;
            var first = ImageJson.ReadManifest(contents[0].ManifestBytes, target.Digest);
            images.Add(new ArchivedImage(contents, first.Config!.Digest, [.. same.SelectMany(NamesOf).Distinct()]));
        }
        return images;
    }

    /// <summary>This host's first; without it, those that are there.</summary>
    private async Task<IReadOnlyList<ImageContent>> ContentsAsync(OciDescriptor target, ImagePlatform? platform, CancellationToken cancel)
    {
        var bytes = await ReadAsync(target, cancel);
        var manifest = ImageJson.ReadManifest(bytes, target.Digest);
        target = target with { MediaType = manifest.MediaType ?? target.MediaType, Size = bytes.Length, Annotations = null };
        if (!manifest.IsIndex) return [new ImageContent(target, null, target, bytes)];
        var contents = new List<ImageContent>();
        foreach (var child in manifest.Manifests!.Where(child => !child.IsAttestation && (platform is null || PlatformChoice.IsSame(child.Platform, platform)) && Holds(child)).DistinctBy(child => child.Digest))
        {
            var own = await ReadAsync(child, cancel);
            if (ImageJson.ReadManifest(own, child.Digest) is { IsIndex: false } one && Holds(one.Config!) && one.Layers!.TrueForAll(Holds)) contents.Add(new ImageContent(target, bytes, child, own));
        }
        if (platform is not null && contents.Count == 0)
            throw SkeinException.NotFound($"image {target.Digest} was found but does not provide the specified platform ({platform})");
        var host = PlatformChoice.TryChoose([.. contents.Select(content => content.Manifest)], PlatformChoice.Host);
        return [.. contents.OrderBy(content => content.Manifest != host)];
    }

    private bool Holds(OciDescriptor blob) => _blobs.ContainsKey(blob.Digest) || TryFile(BlobName(blob.Digest)) is not null;

    private static IReadOnlyList<string> NamesOf(OciDescriptor target)
    {
        // containerd's annotation has the whole name; OCI's own may be a mere tag, which names nothing.
        if (target.Annotations?.GetValueOrDefault("io.containerd.image.name") is { } name && ImageReference.TryParse(name, out var full))
            return [full!.StoredName];
        return target.Annotations?.GetValueOrDefault("org.opencontainers.image.ref.name") is { } text
            && text.AsSpan().ContainsAny(':', '/') && ImageReference.TryParse(text, out var reference)
            ? [reference!.StoredName]
            : [];
    }

    private async Task<OciDescriptor> DescribeAsync(string name, string? mediaType, CancellationToken cancel)
    {
        if (_described.TryGetValue(name, out var known)) return known;
        var file = TryFile(name) ?? throw SkeinException.Invalid($"the archive lacks {name}");
        await using var stream = File.OpenRead(file);
        var digest = ContentDigest.OfHash(await SHA256.HashDataAsync(stream, cancel));
        stream.Seek(0, SeekOrigin.Begin);
        _blobs[digest] = file;
        return _described[name] = new OciDescriptor { MediaType = mediaType ?? LayerTypeOf(stream), Digest = digest, Size = stream.Length };
    }

    private static string LayerTypeOf(Stream layer)
    {
        Span<byte> magic = stackalloc byte[4];
        var read = layer.ReadAtLeast(magic, 4, throwOnEndOfStream: false);
        return magic[..read] switch
        {
            [0x1f, 0x8b, ..] => MediaTypes.OciLayerGzip,
            [0x28, 0xb5, 0x2f, 0xfd] => MediaTypes.OciLayerZstd,
            _ => MediaTypes.OciLayer,
        };
    }

    private string FileOf(OciDescriptor blob) =>
        _blobs.GetValueOrDefault(blob.Digest) ?? TryFile(BlobName(blob.Digest)) ?? throw SkeinException.Invalid($"the archive lacks {blob.Digest}");

    private async Task<byte[]> DocumentAsync(string file, CancellationToken cancel)
    {
        var length = new FileInfo(file).Length;
        if (length > DocumentSizeMax) throw SkeinException.Invalid("a document of the archive is larger than 4 MiB");
        if ((_documents += length) > DocumentsMax) throw SkeinException.Invalid("the documents of the archive are larger than 64 MiB");
        return await File.ReadAllBytesAsync(file, cancel);
    }

    private string? TryFile(string name)
    {
        name = Clean(name);
        // Links of links do not occur in what savers write; eight end a circle.
        for (var hops = 0; hops < 8 && _links.TryGetValue(name, out var target); hops++) name = target;
        return _files.GetValueOrDefault(name);
    }

    private static string BlobName(string digest) => "blobs/" + digest.Replace(':', '/');

    /// <summary>Without "./", "a/../" and a leading slash, so that a name and a link to it are the same text.</summary>
    private static string Clean(string name) => Path.GetFullPath("/" + name)[1..].TrimEnd('/');
}
