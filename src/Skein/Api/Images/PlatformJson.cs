using System.Text.Json.Serialization;
using Skein.Agent.Images;

namespace Skein.Api.Images;

internal sealed record PlatformJson(
    [property: JsonPropertyName("architecture")] string Architecture,
    [property: JsonPropertyName("os")] string Os,
    [property: JsonPropertyName("variant")] string? Variant)
{
    public static PlatformJson From(ImagePlatform platform) => new(platform.Architecture, platform.Os, platform.Variant.Length == 0 ? null : platform.Variant);
}
