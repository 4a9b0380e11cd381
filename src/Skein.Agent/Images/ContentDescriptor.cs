namespace Skein.Agent.Images;

/// <summary>What a registry knows a content by.</summary>
/// <param name="Size">Bytes.</param>
public sealed record ContentDescriptor(string MediaType, string Digest, long Size)
{
    public ImagePlatform? Platform { get; init; }
}
