namespace Skein.Api.Images;

/// <summary>
/// What is told of a removal: of names by digest, which go with their tag, and of layers Docker answers to who asked, and tells
/// nobody else.
/// </summary>
internal static class ImageEvents
{
    public static IEnumerable<string> Of(IReadOnlyList<(string? Untagged, string? Deleted)> removed, string imageId)
    {
        var names = removed.Select(r => r.Untagged).OfType<string>().ToList();
        var tags = names.Count(name => !name.Contains('@'));
        for (var i = tags > 0 ? tags : names.Count; i > 0; i--) yield return "untag";
        if (removed.Any(r => r.Deleted == imageId)) yield return "delete";
    }
}
