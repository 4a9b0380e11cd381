using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>GET /distribution/NAME/json: what the CLI pins a service's image to.</summary>
internal sealed record DistributionJson(DescriptorJson Descriptor, IReadOnlyList<PlatformJson> Platforms)
{
    public static DistributionJson From(RemoteImage image) => new(
        new DescriptorJson(image.MediaType, image.Digest, image.Size, null),
        [.. image.Platforms.Select(PlatformJson.From)]);
}
