using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>One row of GET /images/NAME/history</summary>
internal sealed record ImageHistoryJson(string Id, long Created, string CreatedBy, IReadOnlyList<string>? Tags, long Size, string Comment)
{
    /// <summary>Newest first. Only the last step has an image of its own; Docker calls the others missing.</summary>
    public static IReadOnlyList<ImageHistoryJson> From(ImageRecord image, IReadOnlyList<ImageStep> steps) =>
        [.. steps.Reverse().Select((step, at) => new ImageHistoryJson(
            at == 0 ? image.Id : "<missing>",
            step.Created?.ToUnixTimeSeconds() ?? 0,
            step.CreatedBy,
            at == 0 && image.Tags.Count > 0 ? image.Tags : null,
            step.Size,
            step.Comment))];
}
