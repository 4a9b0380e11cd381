using Skein.Agent.Images.Content;
using Skein.Model;

namespace Skein.Agent.Images;

/// <summary>Images that are made here, of a container's files or of a tar's.</summary>
public sealed partial class ImageStore
{
    public async Task<ImageRecord> CommitAsync(string parentId, IReadOnlyList<string> layers, ImageMaking making, Func<bool> isStill, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        var parent = _catalogue.EntryOf(parentId)?.All.First(one => one.Image.Id == parentId) ?? throw ImageCatalogue.NoSuchImage(parentId);
        var work = Directory.CreateDirectory(Path.Combine(_workDirectory, "commit-" + Path.GetRandomFileName()));
        var lease = await _leases.BeginAsync(work.Name, cancel);
        try
        {
            await _leases.HoldAsync(lease, "content", parent.ManifestDigest, cancel);
            var manifest = ImageJson.ReadManifest(await NeedAsync(parent.ManifestDigest, cancel), parentId);
            var config = ImageJson.ReadConfig(await NeedAsync(parentId, cancel), parentId);
            var layer = await _maker.DiffAsync(layers, work.FullName, lease, cancel);
            if (!isStill()) throw SkeinException.Conflict("the container went while it was read");
            return await InstallAsync(_maker.Make(manifest, config, layer, making), making.Name, cancel);
        }
        finally
        {
            await _leases.EndAsync(lease, release: true);
            work.Delete(recursive: true);
        }
    }

    public async Task<ImageRecord> ImportAsync(Stream tar, ImagePlatform? platform, ImageMaking making, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        using var layer = await SpooledLayer.SpoolAsync(tar, _workDirectory, cancel);
        var host = PlatformChoice.Host.ToModel();
        var basis = new OciImageConfig
        {
            Os = platform?.Os ?? host.Os,
            Architecture = platform?.Architecture ?? host.Architecture,
            Variant = (platform ?? host).Variant is { Length: > 0 } variant ? variant : null,
        };
        return await InstallAsync(_maker.Make(null, basis, (layer.Descriptor, layer.DiffId), making) with { LayerFile = layer.File }, making.Name, cancel);
    }

    public Task<Stream> FetchAsync(Uri url, IProgress<ImageProgress> progress, CancellationToken cancel) => _registry.FetchAsync(url, progress, cancel);

    private async Task<ImageRecord> InstallAsync(MadeImage made, string name, CancellationToken cancel)
    {
        var entry = await InstallAsync(made.Content, [name.Length > 0 ? ImageReference.Parse(name).StoredName : made.Config.Digest], made, progress: null, cancel);
        return Find(entry.Image.Id);
    }
}
