namespace Skein.Api.Images;

/// <summary>
/// What is told of a removal: of names by digest, which go with their tag, and of layers Docker answers to who asked, and tells
/// nobody else.
/// </summary>
internal static class ImageEvents
{
    public static IEnumerable<(string Action, string Name)> Of(IReadOnlyList<(string? Untagged, string? Deleted)> removed, string imageId)
    {
        var names = removed.Select(r => r.Untagged).OfType<string>().ToList();
        var tags = names.Where(name => !name.Contains('@')).ToList();
        foreach (var name in tags.Count > 0 ? tags : names) yield return ("untag", name);
        if (removed.Any(r => r.Deleted == imageId)) yield return ("delete", imageId);
    }
}
