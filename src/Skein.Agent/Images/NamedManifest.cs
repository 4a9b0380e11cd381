namespace Skein.Agent.Images;

/// <summary>What one name means on one platform.</summary>
/// <param name="Name">As Docker prints it: httpd:latest</param>
/// <param name="Digest">Of the manifest.</param>
public sealed record NamedManifest(string Name, ImagePlatform Platform, string Digest);
