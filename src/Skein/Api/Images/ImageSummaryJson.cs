using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>One row of GET /images/json</summary>
internal sealed record ImageSummaryJson(
    string Id,
    string ParentId,
    IReadOnlyList<string> RepoTags,
    IReadOnlyList<string> RepoDigests,
    long Created,
    long Size,
    long SharedSize,
    IReadOnlyDictionary<string, string> Labels,
    int Containers,
    long? VirtualSize)
{
    public static ImageSummaryJson From(ImageRecord image, ApiVersion version) => new(
        image.Id,
        "",
        IsNameless(image) && version.CompareTo(ApiVersion.WithoutNone) < 0 ? ["<none>:<none>"] : image.Tags,
        IsNameless(image) && version.CompareTo(ApiVersion.WithoutNone) < 0 ? ["<none>@<none>"] : image.Digests,
        image.Created?.ToUnixTimeSeconds() ?? 0,
        image.Size,
        -1,
        image.Config.Labels,
        -1,
        version.CompareTo(ApiVersion.WithoutVirtualSize) < 0 ? image.Size : null);

    private static bool IsNameless(ImageRecord image) => image.Tags.Count == 0 && image.Digests.Count == 0;
}
