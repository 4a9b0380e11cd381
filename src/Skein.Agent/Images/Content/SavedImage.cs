using System.Text.Json.Serialization;

namespace Skein.Agent.Images.Content;

/// <summary>One entry of manifest.json in a tar that `docker save` wrote.</summary>
internal sealed record SavedImage
{
    [JsonPropertyName("Config")]
    public string Config { get; init; } = "";

    [JsonPropertyName("RepoTags")]
    public List<string>? RepoTags { get; init; }

    [JsonPropertyName("Layers")]
    public List<string>? Layers { get; init; }
}
