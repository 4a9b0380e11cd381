using System.Text.Json.Serialization;
using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>OCI's descriptor of a content.</summary>
internal sealed record DescriptorJson(
    [property: JsonPropertyName("mediaType")] string MediaType,
    [property: JsonPropertyName("digest")] string Digest,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("platform")] PlatformJson? Platform)
{
    public static DescriptorJson From(ContentDescriptor content) =>
        new(content.MediaType, content.Digest, content.Size, content.Platform is { } platform ? PlatformJson.From(platform) : null);
}
