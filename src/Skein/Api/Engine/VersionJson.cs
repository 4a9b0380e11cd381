namespace Skein.Api.Engine;

/// <summary>GET /version</summary>
internal sealed record VersionJson(
    VersionJson.PlatformJson Platform,
    IReadOnlyList<VersionJson.Component> Components,
    string Version,
    string ApiVersion,
    string MinAPIVersion,
    string GitCommit,
    string GoVersion,
    string Os,
    string Arch,
    string KernelVersion,
    string BuildTime)
{
    internal sealed record PlatformJson(string Name);

    internal sealed record Component(string Name, string Version, IReadOnlyDictionary<string, string> Details);
}
