namespace Skein.Agent.Images;

/// <summary>The registry part of daemon.json.</summary>
/// <param name="Mirrors">"registry-mirrors": URLs asked before docker.io itself, in order; http:// is allowed.</param>
/// <param name="InsecureRegistries">"insecure-registries": host[:port] or CIDR of registries without (verifiable) TLS.</param>
public sealed record RegistryConfig(IReadOnlyList<string> Mirrors, IReadOnlyList<string> InsecureRegistries)
{
    public static readonly RegistryConfig Default = new([], []);

    /// <summary>"max-concurrent-downloads": layers that come from one registry at a time.</summary>
    public int MaxConcurrentDownloads { get; init; } = 3;

    /// <summary>"max-concurrent-uploads": layers that go to one registry at a time.</summary>
    public int MaxConcurrentUploads { get; init; } = 5;
}
