namespace Skein.Lab.Images;

/// <summary>Debian's docker-registry: how it is started, and where it keeps the lab's images.</summary>
internal static class RegistryServer
{
    public static string Storage { get; } = Path.Combine(LabPaths.ImageCache, "registry");

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
