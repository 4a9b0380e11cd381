using System.Text.Json.Serialization;

namespace Skein.Agent.Images.Content;

internal sealed record OciPlatform
{
    public string Architecture { get; init => field = value ?? ""; } = "";

    public string Os { get; init => field = value ?? ""; } = "";

    public string? Variant { get; init; }

    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }

    public ImagePlatform ToModel() => new(Os, Architecture, Variant ?? "");
}
