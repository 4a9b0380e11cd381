using System.Globalization;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.ContentApi;
using Skein.Agent.Containerd.DiffApi;
using Skein.Model;
using Mount = Skein.Agent.Containerd.Types.Mount;

namespace Skein.Agent.Images.Content;

/// <summary>New images: another's with a container's layer on top, or of one layer alone.</summary>
internal sealed class ImageMaker(ContainerdClient containerd, ContentStore content, TimeProvider time)
{
    // A tar without entries; Docker makes no layer of it.
    private const string NothingInIt = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

    /// <summary>What a container has made of its image, as a layer in containerd, which compares the two trees.</summary>
    /// <param name="folders">The layers', the container's own first.</param>
    /// <param name="empty">A folder with nothing in it.</param>
    /// <returns>null when that is nothing.</returns>
    public async Task<(OciDescriptor Layer, string DiffId)?> DiffAsync(IReadOnlyList<string> folders, string empty, string lease, CancellationToken cancel)
    {
        var request = new DiffRequest
        {
            Left = { Tree([.. folders.Skip(1)], empty) },
            Right = { Tree(folders, empty) },
            MediaType = MediaTypes.OciLayerGzip,
            Ref = lease,
        };
        var made = (await containerd.WithLease(lease).Diff.DiffAsync(request, cancellationToken: cancel)).Diff;
        var info = await content.FindAsync(made.Digest, cancel);
        var diffId = info is not null && info.Labels.TryGetValue("containerd.io/uncompressed", out var noted) ? noted : throw SkeinException.NotFound($"content {made.Digest} is not here");
        return diffId == NothingInIt ? null : (new OciDescriptor { MediaType = made.MediaType, Digest = made.Digest, Size = made.Size }, diffId);
    }

    /// <summary>An image upon another, or upon nothing.</summary>
    public MadeImage Make(OciManifest? parent, OciImageConfig basis, (OciDescriptor Layer, string DiffId)? layer, ImageMaking making)
    {
        var created = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        var history = new OciHistory { Created = created, CreatedBy = Given(making.CreatedBy), Author = Given(making.Author), Comment = Given(making.Comment), EmptyLayer = layer is null };
        var config = ImageJson.Write(basis with
        {
            Created = created,
            Author = Given(making.Author),
            Comment = parent is null ? Given(making.Comment) : null,
            Config = ImageRecords.ToDocument(making.Config),
            History = [.. basis.History ?? [], history],
            RootFs = new OciRootFs { Type = "layers", DiffIds = [.. basis.RootFs?.DiffIds ?? [], .. layer is { } id ? [id.DiffId] : Array.Empty<string>()] },
        });
        // One of Docker's stays one of Docker's: a registry may know no other.
        var docker = parent?.MediaType == MediaTypes.DockerManifest;
        var top = layer?.Layer is not { } made ? null : docker ? made with { MediaType = MediaTypes.DockerLayerGzip } : made;
        var described = Describe(config, docker ? MediaTypes.DockerConfig : MediaTypes.OciConfig);
        var manifest = ImageJson.Write(new OciManifest
        {
            SchemaVersion = 2,
            MediaType = docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest,
            Config = described,
            Layers = [.. parent?.Layers ?? [], .. top is null ? [] : new[] { top }],
        });
        var target = Describe(manifest, docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest);
        return new MadeImage(new ImageContent(target, null, target, manifest), described, config);
    }

    /// <summary>Read only: the container's own layer is one like the others, and its files can be in use meanwhile.</summary>
    private static Mount Tree(IReadOnlyList<string> folders, string empty) => folders.Count > 1
        ? new Mount { Type = "overlay", Source = "overlay", Options = { "ro", $"lowerdir={string.Join(':', folders)}" } }
        : new Mount { Type = "bind", Source = folders.Count == 1 ? folders[0] : empty, Options = { "ro", "rbind" } };

    private static OciDescriptor Describe(byte[] bytes, string mediaType) =>
        new() { MediaType = mediaType, Digest = ContentDigest.Of(bytes), Size = bytes.Length };

    private static string? Given(string text) => text.Length == 0 ? null : text;
}
