namespace Skein.Agent.Images.Content;

/// <summary>An image's documents as they came: an index is kept besides the manifest chosen from it.</summary>
/// <param name="Target">What the image's name points at: the index, or the manifest itself.</param>
/// <param name="IndexBytes">null when the target is the manifest.</param>
internal sealed record ImageContent(
    OciDescriptor Target,
    byte[]? IndexBytes,
    OciDescriptor Manifest,
    byte[] ManifestBytes);
