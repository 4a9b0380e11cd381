using Skein.Model.Logging;

namespace Skein.Api;

/// <summary>What this daemon says of itself in version and info.</summary>
/// <param name="Id">Stable over restarts; Docker's info.ID.</param>
public sealed record EngineIdentity(
    string Id,
    string Name,
    string Version,
    string Commit,
    string DataRoot,
    string CgroupParent,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> RegistryMirrors,
    IReadOnlyList<string> InsecureRegistries,
    string ContainerdSocket)
{
    /// <summary>Where the API is served.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether the log tells of each request.</summary>
    public bool Debug { get; init; }

    /// <summary>Of containers that name none.</summary>
    public string LogDriver { get; init; } = LogOptions.JsonFile;

    /// <summary>The socket of the BuildKit daemon that builds images here.</summary>
    public string BuildKitSocket { get; init; } = "/run/buildkit/buildkitd.sock";

    public string ServerHeader => $"Skein/{Version} (linux)";
}
