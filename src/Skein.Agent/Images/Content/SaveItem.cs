using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>An image to be saved, with those of its tags that were asked for.</summary>
/// <param name="Image">Of an index all that is here goes along.</param>
internal sealed record SaveItem(CatalogueEntry Image, IReadOnlyList<ImageReference> Names)
{
    /// <summary>One image of it, in the place of the index.</summary>
    public SaveItem Of(ImagePlatform platform)
    {
        var one = Image.All.FirstOrDefault(one => PlatformChoice.IsSame(ImageCatalogue.PlatformOf(one.Image), platform))
            ?? throw SkeinException.NotFound($"image with reference {Names.FirstOrDefault()?.Familiar ?? Image.Image.Id} was found but does not provide the specified platform ({platform})");
        return this with { Image = Image with { Target = new OciDescriptor { Digest = one.ManifestDigest }, ManifestDigest = one.ManifestDigest, Image = one.Image, Others = [] } };
    }
}
