using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.ImagesApi;
using Skein.Agent.Images.Content;
using Skein.Agent.Images.Registry;
using Skein.Model;

namespace Skein.Agent.Images;

/// <summary>
/// Images in containerd's own store, so that nothing is kept twice: names in its image service, documents and layers
/// as its content, unpacked layers as its snapshots. What is here is mirrored in memory; a task whose image is
/// pinned and present starts without a word to any registry.
/// </summary>
public sealed partial class ImageStore : IImageStore, IDisposable
{
    private readonly ContainerdClient _containerd;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _workDirectory;
    private readonly RegistryClient _registry;
    private readonly ContentStore _content;
    private readonly LayerUnpacker _unpacker;
    private readonly ImageInstaller _installer;
    private readonly InstallLeases _leases;
    private readonly ImagePusher _pusher;
    private readonly ImageMaker _maker;
    // With its credentials: who may not have an image does not get, or spoil, the pull of one who may.
    private readonly SharedWork<(string Reference, RegistryAuth? Auth), CatalogueEntry> _pulls = new();
    private readonly SemaphoreSlim _opening = new(1);
    // Held from the look at who has which name until the names are changed.
    private readonly SemaphoreSlim _naming = new(1);
    private readonly Lock _lock = new();

    // Replaced under _lock, read without.
    private volatile ImageCatalogue _catalogue = ImageCatalogue.Empty;
    private volatile bool _opened;

    /// <param name="workDirectory">Where the files of a loaded tar lie for a moment; this store's alone.</param>
    /// <param name="handlerFactory">Makes the HTTP transport; true asks for one that verifies no certificates. null = the platform's.</param>
    public ImageStore(
        ContainerdClient containerd,
        RegistryConfig registries,
        string workDirectory,
        TimeProvider time,
        ILoggerFactory loggers,
        Func<bool, HttpMessageHandler>? handlerFactory = null)
    {
        _containerd = containerd;
        _time = time;
        _logger = loggers.CreateLogger<ImageStore>();
        _workDirectory = workDirectory;
        _registry = new RegistryClient(registries, handlerFactory ?? Transport, time, loggers.CreateLogger<RegistryClient>());
        _content = new ContentStore(containerd);
        var leases = new InstallLeases(containerd, time);
        _unpacker = new LayerUnpacker(containerd, leases);
        _installer = new ImageInstaller(containerd, _content, _unpacker, leases, new TransferSlots(registries.MaxConcurrentDownloads), time);
        _leases = leases;
        _maker = new ImageMaker(containerd, _content, time);
        _pusher = new ImagePusher(_content, _registry, new TransferSlots(registries.MaxConcurrentUploads), time);
    }

    /// <summary>Who uses an image, by its id; asked before one is removed. Set where the parts are put together.</summary>
    public Func<string, IEnumerable<ImageUser>> UsersOf { get; set; } = _ => [];

    /// <summary>Reads what is in containerd; the other calls do it when it was not done.</summary>
    public async Task OpenAsync(CancellationToken cancel)
    {
        if (_opened) return;
        await _opening.WaitAsync(cancel);
        try
        {
            if (_opened) return;
            // Parts of tars, gigabytes perhaps, that a killed daemon was about to load or save.
            if (Directory.Exists(_workDirectory)) Directory.Delete(_workDirectory, recursive: true);
            await LoadCatalogueAsync(cancel);
            _opened = true;
        }
        finally
        {
            _opening.Release();
        }
    }

    public IReadOnlyList<ImageRecord> List() => _catalogue.Images;

    public ImageRecord? TryFind(string reference) => _catalogue.TryFind(reference);

    public ImageRecord Find(string reference) => TryFind(reference) ?? throw ImageCatalogue.NoSuchImage(reference);

    public async Task<ImageRecord> PullAsync(string reference, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        var parsed = ImageReference.Parse(reference);
        if (parsed.Digest.Length > 0 && _catalogue.TryFind(parsed) is { } present)
        {
            Finish(progress, parsed, present.Target.Digest, isNew: false);
            return Find(present.Image.Id);
        }
        var (entry, _) = await _pulls.RunAsync((parsed.Normalized, auth), (shown, token) => PullOnceAsync(parsed, auth, shown, token), progress, cancel);
        return Find(entry.Image.Id);
    }

    public Task LoginAsync(RegistryAuth auth, CancellationToken cancel) => _registry.LoginAsync(auth, cancel);

    public async Task<RemoteImage> ResolveAsync(string reference, RegistryAuth? auth, CancellationToken cancel)
    {
        var parsed = ImageReference.Parse(reference);
        var fetched = await _registry.GetManifestAsync(parsed, parsed.ManifestKey, auth, midway: false, cancel);
        var manifest = ImageJson.ReadManifest(fetched.Content, parsed.Familiar);
        var platforms = manifest.IsIndex
            ? manifest.Manifests!.Select(entry => entry.Platform).OfType<OciPlatform>().Where(p => p.Os != "unknown").ToList()
            : [await PlatformOfAsync(parsed, manifest.Config!, auth, cancel)];
        return new RemoteImage(fetched.Digest, fetched.MediaType, fetched.Content.Length, [.. platforms.Select(platform => platform.ToModel())]);
    }

    public async Task<ImageRecord> TagAsync(string source, string target, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        var image = Find(source);
        var parsed = ImageReference.Parse(target);
        if (parsed.Digest.Length > 0) throw SkeinException.Invalid("refusing to create a tag with a digest reference");
        if (parsed.FamiliarName == "sha256") throw SkeinException.Invalid("refusing to create an ambiguous tag using digest algorithm as name");
        var entry = _catalogue.Entries.Values.First(e => e.Image.Id == image.Id);
        await PointAsync(new CatalogueEntry(parsed.StoredName, entry.Target, entry.ManifestDigest, entry.Image), cancel);
        return Find(image.Id);
    }

    public async Task<IReadOnlyList<ImageStep>> HistoryAsync(string reference, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        var image = Find(reference);
        var config = ImageJson.ReadConfig(await NeedAsync(image.Id, cancel), reference);
        var sizes = image.LayerSizes;
        // An image whose maker told nothing has a step for each of its layers all the same.
        var told = config.History ?? [.. sizes.Select(_ => new OciHistory { Created = config.Created })];
        var layer = 0;
        return [.. told.Select(step => new ImageStep(
            ImageRecords.Time(step.Created),
            step.CreatedBy ?? "",
            step.Comment ?? "",
            !step.EmptyLayer && layer < sizes.Count ? sizes[layer++] : 0))];
    }

    public async Task<IReadOnlyList<(string? Untagged, string? Deleted)>> RemoveAsync(string reference, bool force, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        await _naming.WaitAsync(cancel);
        try
        {
            var plan = ImageRemoval.Plan(_catalogue, reference, force, UsersOf);
            if (plan.Kept is { } kept) await NameAsync(new CatalogueEntry(kept.Image.Id, kept.Target, kept.ManifestDigest, kept.Image), cancel);
            foreach (var name in plan.Names) await DropNameAsync(name, cancel);
            return plan.Answer;
        }
        finally
        {
            _naming.Release();
        }
    }

    public async Task<IReadOnlyList<string>> LoadAsync(Stream tar, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        using var archive = await ImageArchive.SpoolAsync(tar, _workDirectory, cancel);
        var made = new List<string>();
        foreach (var image in await archive.ReadImagesAsync(cancel))
        {
            IReadOnlyList<string> names = image.Names.Count > 0 ? image.Names : [image.ConfigDigest];
            await InstallAsync(image.Content, names, archive, progress: null, cancel);
            made.AddRange(image.Names.Count > 0 ? image.Names.Select(name => ImageReference.Parse(name).Familiar) : [image.ConfigDigest]);
        }
        return made;
    }

    public async Task SaveAsync(IReadOnlyList<string> references, Stream target, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        var catalogue = _catalogue;
        var wanted = references.SelectMany(catalogue.Named).ToList();
        var items = wanted.GroupBy(entry => entry.ManifestDigest).Select(image => new SaveItem(
            image.Key,
            [.. image.Select(entry => entry.Reference).OfType<ImageReference>().Where(reference => reference.Digest.Length == 0).Distinct()]));
        await new ImageSaver(_content, _workDirectory).SaveAsync([.. items], target, cancel);
    }

    public void Dispose()
    {
        _registry.Dispose();
        _opening.Dispose();
        _naming.Dispose();
    }

    private async Task<CatalogueEntry> PullOnceAsync(ImageReference reference, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        var began = _time.GetTimestamp();
        var fetched = await _registry.GetManifestAsync(reference, reference.ManifestKey, auth, midway: false, cancel);
        // Not before there is something to pull: a refusal of the registry is then the answer, with its status, as Docker has it.
        progress.Report(new ImageProgress(reference.ManifestKey, $"Pulling from {reference.Path}", null, null));
        if (_catalogue.Entries.TryGetValue(reference.StoredName, out var present) && present.Target.Digest == fetched.Digest)
        {
            Finish(progress, reference, fetched.Digest, isNew: false);
            return present;
        }
        var image = await ChooseAsync(reference, fetched, auth, cancel);
        var entry = await InstallAsync(image, [reference.StoredName], new RegistryBlobs(_registry, reference, auth), progress, cancel);
        Finish(progress, reference, fetched.Digest, isNew: true);
        LogPulled(reference.Familiar, fetched.Digest, _time.GetElapsedTime(began));
        return entry;
    }

    private async Task<ImageContent> ChooseAsync(ImageReference reference, FetchedManifest fetched, RegistryAuth? auth, CancellationToken cancel)
    {
        var target = new OciDescriptor { MediaType = fetched.MediaType, Digest = fetched.Digest, Size = fetched.Content.Length };
        var manifest = ImageJson.ReadManifest(fetched.Content, reference.Familiar);
        if (!manifest.IsIndex) return new ImageContent(target, null, target, fetched.Content);
        var chosen = PlatformChoice.Choose(manifest.Manifests!, PlatformChoice.Host, reference.Familiar);
        var child = await _registry.GetManifestAsync(reference, chosen.Digest, auth, midway: true, cancel);
        return new ImageContent(target, fetched.Content, chosen with { MediaType = child.MediaType, Size = child.Content.Length }, child.Content);
    }

    private async Task<OciPlatform> PlatformOfAsync(ImageReference reference, OciDescriptor config, RegistryAuth? auth, CancellationToken cancel)
    {
        var read = ImageJson.ReadConfig(await _registry.ReadBlobAsync(reference, config, auth, midway: false, cancel), config.Digest);
        return new OciPlatform { Os = read.Os, Architecture = read.Architecture };
    }

    private async Task LoadCatalogueAsync(CancellationToken cancel)
    {
        var listed = await _containerd.Images.ListAsync(new ListImagesRequest(), cancellationToken: cancel);
        foreach (var image in listed.Images)
        {
            var target = new OciDescriptor { MediaType = image.Target.MediaType, Digest = image.Target.Digest, Size = image.Target.Size };
            try
            {
                Note(await ReadEntryAsync(image.Name, target, cancel));
            }
            catch (SkeinException error)
            {
                LogUnreadable(image.Name, error.Message);
            }
        }
        LogOpened(_catalogue.Entries.Count);
    }

    private async Task<CatalogueEntry> InstallAsync(
        ImageContent image, IReadOnlyList<string> names, IBlobSource source, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        CatalogueEntry entry = null!;
        await _installer.InstallAsync(image, names[0], source, progress, async token =>
        {
            foreach (var name in names) await PointAsync(entry = await ReadEntryAsync(name, image.Target, token), token);
        }, cancel);
        return entry;
    }

    /// <summary>Reads an image's documents from containerd.</summary>
    private async Task<CatalogueEntry> ReadEntryAsync(string name, OciDescriptor target, CancellationToken cancel)
    {
        var manifestDigest = target.Digest;
        var manifest = ImageJson.ReadManifest(await NeedAsync(target.Digest, cancel), name);
        if (manifest.IsIndex)
        {
            manifestDigest = PlatformChoice.Choose(manifest.Manifests!, PlatformChoice.Host, name).Digest;
            manifest = ImageJson.ReadManifest(await NeedAsync(manifestDigest, cancel), name);
        }
        var config = ImageJson.ReadConfig(await NeedAsync(manifest.Config!.Digest, cancel), name);
        var sizes = await _unpacker.SizesAsync(config.RootFs?.DiffIds ?? [], cancel);
        return new CatalogueEntry(name, target, manifestDigest, ImageRecords.From(manifest.Config.Digest, config, sizes));
    }

    private async Task<byte[]> NeedAsync(string digest, CancellationToken cancel) =>
        await _content.TryReadAsync(digest, cancel) ?? throw SkeinException.NotFound($"content {digest} is not here");

    /// <summary>
    /// Gives an image a name, which another may have had. That one stays, by its digest if it was its last: a container may be
    /// made from it, and a service pinned to it.
    /// </summary>
    private async Task PointAsync(CatalogueEntry entry, CancellationToken cancel)
    {
        await _naming.WaitAsync(cancel);
        try
        {
            if (_catalogue.LeftNamelessBy(entry) is { } nameless) await NameAsync(nameless, cancel);
            await NameAsync(entry, cancel);
            if (entry.Reference is not null && _catalogue.Entries.ContainsKey(entry.Image.Id)) await DropNameAsync(entry.Image.Id, cancel);
        }
        finally
        {
            _naming.Release();
        }
    }

    private async Task NameAsync(CatalogueEntry entry, CancellationToken cancel)
    {
        await _installer.NameAsync(entry.Name, entry.Target, cancel);
        Note(entry);
    }

    private void Note(CatalogueEntry entry)
    {
        lock (_lock) _catalogue = _catalogue.With(entry);
    }

    private async Task DropNameAsync(string name, CancellationToken cancel)
    {
        try
        {
            await _containerd.Images.DeleteAsync(new DeleteImageRequest { Name = name }, cancellationToken: cancel);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            // Someone with another client of containerd was faster.
        }
        lock (_lock) _catalogue = _catalogue.Without(name);
    }

    private static void Finish(IProgress<ImageProgress>? progress, ImageReference reference, string digest, bool isNew)
    {
        progress?.Report(new ImageProgress("", $"Digest: {digest}", null, null));
        var status = isNew ? "Downloaded newer image for" : "Image is up to date for";
        progress?.Report(new ImageProgress("", $"Status: {status} {reference.Familiar}", null, null));
    }

    private static SocketsHttpHandler Transport(bool insecure)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };
        if (insecure) handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        return handler;
    }
}
