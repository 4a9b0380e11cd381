namespace Skein.Agent.Images;

/// <summary>What an image runs on, in Go's names.</summary>
/// <param name="Variant">v7, v8, …; empty where there is none, or any.</param>
public sealed record ImagePlatform(string Os, string Architecture, string Variant)
{
    /// <summary>linux/arm/v7</summary>
    public override string ToString() => $"{Os}/{Architecture}" + (Variant.Length > 0 ? $"/{Variant}" : "");
}
