namespace Skein.Agent.Images.Content;

/// <summary>One image of a name's, of several where the name leads to an index.</summary>
/// <param name="Image">Without names of its own.</param>
internal sealed record PlatformImage(string ManifestDigest, ImageRecord Image);
