using System.Text.Json.Serialization;
using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>GET /distribution/NAME/json: what the CLI pins a service's image to.</summary>
internal sealed record DistributionJson(DistributionJson.DescriptorJson Descriptor, IReadOnlyList<DistributionJson.PlatformJson> Platforms)
{
    internal sealed record DescriptorJson(
        [property: JsonPropertyName("mediaType")] string MediaType,
        [property: JsonPropertyName("digest")] string Digest,
        [property: JsonPropertyName("size")] long Size);

    internal sealed record PlatformJson(
        [property: JsonPropertyName("architecture")] string Architecture,
        [property: JsonPropertyName("os")] string Os,
        [property: JsonPropertyName("variant")] string? Variant);

    public static DistributionJson From(RemoteImage image) => new(
        new DescriptorJson(image.MediaType, image.Digest, image.Size),
        [.. image.Platforms.Select(p => new PlatformJson(p.Architecture, p.Os, p.Variant.Length == 0 ? null : p.Variant))]);
}
