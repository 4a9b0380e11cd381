namespace Skein.Agent.Images.Content;

/// <summary>An image to be saved, with those of its tags that were asked for.</summary>
internal sealed record SaveItem(string ManifestDigest, IReadOnlyList<ImageReference> Names);
