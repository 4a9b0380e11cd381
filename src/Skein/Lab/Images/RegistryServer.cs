namespace Skein.Lab.Images;

/// <summary>Debian's docker-registry: how it is started, and where it keeps the lab's images.</summary>
internal static class RegistryServer
{
    /// <summary>By what the images are made of: two versions of this program don't take each other's away.</summary>
    public static string Storage { get; } = Path.Combine(LabPaths.ImageCache, "registry-" + LabImages.Fingerprint()[..12]);

    public static IReadOnlyList<string> Command(string config) => ["docker-registry", "serve", config];

    public static string Config(string address) => $"""
        version: 0.1
        log:
          level: warn
          accesslog:
            disabled: true
        storage:
          filesystem:
            rootdirectory: {Storage}
        http:
          addr: {address}

        """;
}
