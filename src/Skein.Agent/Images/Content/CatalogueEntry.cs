namespace Skein.Agent.Images.Content;

/// <summary>One name in containerd's image store, with the image it leads to.</summary>
/// <param name="Name">docker.io/library/httpd:latest, a name by digest, or the bare image id of an image without names.</param>
/// <param name="Image">What the name leads to, without names of its own.</param>
internal sealed record CatalogueEntry(string Name, OciDescriptor Target, string ManifestDigest, ImageRecord Image)
{
    /// <summary>Images for other platforms, of the same index, as far as they are here.</summary>
    public IReadOnlyList<PlatformImage> Others { get; init; } = [];

    public IEnumerable<PlatformImage> All => Others.Prepend(new PlatformImage(ManifestDigest, Image));

    /// <summary>The same by another name.</summary>
    public CatalogueEntry Named(string name) => new(name, Target, ManifestDigest, Image) { Others = Others };

    /// <summary>null for an image without a name.</summary>
    public ImageReference? Reference { get; } = ImageReference.TryParse(Name, out var reference) && !Name.StartsWith("sha256:", StringComparison.Ordinal)
        ? reference
        : null;
}
