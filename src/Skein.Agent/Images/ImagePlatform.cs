namespace Skein.Agent.Images;

/// <summary>What an image runs on, in Go's names.</summary>
/// <param name="Variant">v7, v8, …; empty where there is none, or any.</param>
public sealed record ImagePlatform(string Os, string Architecture, string Variant)
{
    /// <summary>What <see cref="ToString"/> wrote; null for nothing.</summary>
    public static ImagePlatform? From(string text) => text.Split('/') is [var os, var architecture, ..] parts ? new(os, architecture, parts.Length > 2 ? parts[2] : "") : null;

    /// <summary>linux/arm/v7</summary>
    public override string ToString() => $"{Os}/{Architecture}" + (Variant.Length > 0 ? $"/{Variant}" : "");
}
