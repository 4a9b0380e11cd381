using Skein.Agent.Images.Content;
using Skein.Agent.Images.Registry;
using Skein.Model;

namespace Skein.Agent.Images;

public sealed partial class ImageStore
{
    private const string NewStatus = "Status: Downloaded newer image for";
    private const string OldStatus = "Status: Image is up to date for";

    // More than any repository of people has; each is asked for by itself.
    private const int TagsMax = 10_000;

    public Task<ImageRecord> PullAsync(string reference, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel) =>
        PullAsync(reference, null, auth, progress, cancel);

    public async Task<ImageRecord> PullAsync(string reference, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        var parsed = ImageReference.Parse(reference);
        if (parsed.Digest.Length > 0 && _catalogue.TryFind(parsed) is { } present && (platform is null || ImageCatalogue.Has(present, platform)))
        {
            Finish(progress, parsed, present.Target.Digest, isNew: false);
            return _catalogue.Find(present.Image.Id, platform);
        }
        var (entry, _) = await _pulls.RunAsync((parsed.Normalized, platform, auth), (shown, token) => PullOnceAsync(parsed, platform, auth, shown, token), progress, cancel);
        if (platform is null || ImageCatalogue.Has(entry, platform)) return _catalogue.Find(entry.Name, platform);
        // An image for one platform alone is taken for what it is, as Docker does, which says so.
        progress?.Report(new ImageProgress("", $"WARNING: image with reference {parsed.Familiar} was found but its platform ({ImageCatalogue.PlatformOf(entry.Image).ToModel()}) does not match the specified platform ({platform})", null, null));
        return Find(entry.Image.Id);
    }

    public async Task<IReadOnlyList<ImageRecord>> PullAllAsync(string name, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        var reference = ImageReference.Parse(name);
        var tags = await _registry.ListTagsAsync(reference, auth, TagsMax, cancel);
        var quiet = new WithoutStatus(progress);
        var pulled = new List<ImageRecord>();
        foreach (var tag in tags) pulled.Add(await PullAsync((reference with { Tag = tag }).Normalized, platform, auth, quiet, cancel));
        progress.Report(new ImageProgress("", $"{(quiet.IsNew ? NewStatus : OldStatus)} {reference.FamiliarName}", null, null));
        return pulled;
    }

    private async Task<CatalogueEntry> PullOnceAsync(ImageReference reference, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        var began = _time.GetTimestamp();
        var fetched = await _registry.GetManifestAsync(reference, reference.ManifestKey, auth, midway: false, cancel);
        // Not before there is something to pull: a refusal of the registry is then the answer, with its status, as Docker has it.
        progress.Report(new ImageProgress(reference.ManifestKey, $"Pulling from {reference.Path}", null, null));
        var target = new OciDescriptor { MediaType = fetched.MediaType, Digest = fetched.Digest, Size = fetched.Content.Length };
        var manifest = ImageJson.ReadManifest(fetched.Content, reference.Familiar);
        var chosen = manifest.IsIndex ? PlatformChoice.Choose(manifest.Manifests!, PlatformChoice.Wanted(platform), reference.Familiar) : target;
        if (_catalogue.Entries.TryGetValue(reference.StoredName, out var present) && present.Target.Digest == target.Digest && present.All.Any(one => one.ManifestDigest == chosen.Digest))
        {
            Finish(progress, reference, fetched.Digest, isNew: false);
            return present;
        }
        var image = await CompleteAsync(reference, target, fetched.Content, chosen, auth, cancel);
        var entry = await InstallAsync(image, [reference.StoredName], new RegistryBlobs(_registry, reference, auth), progress, cancel);
        Finish(progress, reference, fetched.Digest, isNew: true);
        LogPulled(reference.Familiar, fetched.Digest, _time.GetElapsedTime(began));
        return entry;
    }

    private async Task<ImageContent> CompleteAsync(ImageReference reference, OciDescriptor target, byte[] bytes, OciDescriptor chosen, RegistryAuth? auth, CancellationToken cancel)
    {
        if (chosen == target) return new ImageContent(target, null, target, bytes);
        var child = await _registry.GetManifestAsync(reference, chosen.Digest, auth, midway: true, cancel);
        return new ImageContent(target, bytes, chosen with { MediaType = child.MediaType, Size = child.Content.Length }, child.Content);
    }

    private static void Finish(IProgress<ImageProgress>? progress, ImageReference reference, string digest, bool isNew)
    {
        progress?.Report(new ImageProgress("", $"Digest: {digest}", null, null));
        progress?.Report(new ImageProgress("", $"{(isNew ? NewStatus : OldStatus)} {reference.Familiar}", null, null));
    }

    /// <summary>Of many tags one status is told, of all.</summary>
    private sealed class WithoutStatus(IProgress<ImageProgress> further) : IProgress<ImageProgress>
    {
        public bool IsNew { get; private set; }

        public void Report(ImageProgress value)
        {
            if (value.Status.StartsWith(NewStatus, StringComparison.Ordinal)) IsNew = true;
            else if (!value.Status.StartsWith(OldStatus, StringComparison.Ordinal)) further.Report(value);
        }
    }
}
