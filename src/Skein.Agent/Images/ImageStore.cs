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
    private readonly SharedWork<(string Reference, ImagePlatform? Platform, RegistryAuth? Auth), CatalogueEntry> _pulls = new();
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

    public ImageRecord Find(string reference, ImagePlatform? platform) => _catalogue.Find(reference, platform);

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
        await PointAsync(_catalogue.EntryOf(image.Id)!.Named(parsed.StoredName), cancel);
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
            if (plan.Kept is { } kept) await NameAsync(kept.Named(kept.Image.Id), cancel);
            foreach (var name in plan.Names) await DropNameAsync(name, cancel);
            return plan.Answer;
        }
        finally
        {
            _naming.Release();
        }
    }

    public void Dispose()
    {
        _registry.Dispose();
        _opening.Dispose();
        _naming.Dispose();
    }

    private async Task<OciPlatform> PlatformOfAsync(ImageReference reference, OciDescriptor config, RegistryAuth? auth, CancellationToken cancel)
    {
        var read = ImageJson.ReadConfig(await _registry.ReadBlobAsync(reference, config, auth, midway: false, cancel), config.Digest);
        return new OciPlatform { Os = read.Os, Architecture = read.Architecture };
    }

    private async Task LoadCatalogueAsync(CancellationToken cancel)
    {
        var listed = await _containerd.Images.ListAsync(new ListImagesRequest(), cancellationToken: cancel);
        // Many names may lead to one image, which is read once.
        var read = new Dictionary<string, CatalogueEntry>(StringComparer.Ordinal);
        foreach (var image in listed.Images)
        {
            var target = new OciDescriptor { MediaType = image.Target.MediaType, Digest = image.Target.Digest, Size = image.Target.Size };
            try
            {
                if (!read.TryGetValue(target.Digest, out var entry)) entry = read[target.Digest] = await ReadEntryAsync(image.Name, target, cancel);
                Note(entry.Named(image.Name));
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
            entry = await ReadEntryAsync(names[0], image.Target, token);
            foreach (var name in names) await PointAsync(entry = entry.Named(name), token);
        }, cancel);
        return entry;
    }

    /// <summary>Reads an image's documents from containerd.</summary>
    private async Task<CatalogueEntry> ReadEntryAsync(string name, OciDescriptor target, CancellationToken cancel)
    {
        var manifest = ImageJson.ReadManifest(await NeedAsync(target.Digest, cancel), name);
        if (!manifest.IsIndex) return new CatalogueEntry(name, target, target.Digest, await ReadImageAsync(manifest, cancel) ?? throw SkeinException.NotFound($"content {manifest.Config!.Digest} is not here"));
        var here = new List<(OciDescriptor Entry, ImageRecord Image)>();
        foreach (var child in manifest.Manifests!.Where(child => !child.IsAttestation))
        {
            if (await _content.TryReadAsync(child.Digest, cancel) is { } bytes && ImageJson.ReadManifest(bytes, name) is { IsIndex: false } one && await ReadImageAsync(one, cancel) is { } image)
                here.Add((child, image));
        }
        if (here.Count == 0) throw SkeinException.NotFound($"of {target.Digest} no image is here");
        var own = PlatformChoice.TryChoose([.. here.Select(one => one.Entry)], PlatformChoice.Host) ?? here[0].Entry;
        return new CatalogueEntry(name, target, own.Digest, here.First(one => one.Entry == own).Image)
        {
            Others = [.. here.Where(one => one.Entry != own).Select(one => new PlatformImage(one.Entry.Digest, one.Image))],
        };
    }

    /// <summary>null when its config is not here.</summary>
    private async Task<ImageRecord?> ReadImageAsync(OciManifest manifest, CancellationToken cancel)
    {
        if (await _content.TryReadAsync(manifest.Config!.Digest, cancel) is not { } bytes) return null;
        var config = ImageJson.ReadConfig(bytes, manifest.Config.Digest);
        return ImageRecords.From(manifest.Config.Digest, config, await _unpacker.SizesAsync(config.RootFs?.DiffIds ?? [], cancel));
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
