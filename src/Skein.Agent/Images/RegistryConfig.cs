namespace Skein.Agent.Images;

/// <summary>The registry part of daemon.json.</summary>
/// <param name="Mirrors">"registry-mirrors": URLs asked before docker.io itself, in order; http:// is allowed.</param>
/// <param name="InsecureRegistries">"insecure-registries": host[:port] or CIDR of registries without (verifiable) TLS.</param>
public sealed record RegistryConfig(IReadOnlyList<string> Mirrors, IReadOnlyList<string> InsecureRegistries)
{
    public static readonly RegistryConfig Default = new([], []);
}
