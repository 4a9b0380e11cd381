using Skein.Agent.Images;
using Skein.Api.Http;

namespace Skein.Api.Images;

/// <summary>What `docker images --filter` asks for.</summary>
internal sealed class ImageFilter
{
    private readonly Filters _filters;
    private readonly PruneFilter _labelsAndTime;
    private readonly bool? _dangling;
    private readonly DateTimeOffset? _before;
    private readonly DateTimeOffset? _since;

    public ImageFilter(Filters filters, IImageStore images, DateTimeOffset now)
    {
        _filters = filters.Accept("reference", "label", "label!", "dangling", "before", "since", "until");
        _labelsAndTime = new PruneFilter(filters, now);
        _dangling = filters.Flag("dangling");
        _before = filters["before"].Select(name => images.Find(name).Created).Min();
        _since = filters["since"].Select(name => images.Find(name).Created).Max();
    }

    /// <summary>The image with those of its names that were asked for; null when it was not.</summary>
    public ImageRecord? Take(ImageRecord image)
    {
        var wanted = _labelsAndTime.Takes(image.Config.Labels, image.Created)
            && (_dangling is not { } dangling || dangling == (image.Tags.Count == 0))
            && (!_filters.Has("before") || image.Created < _before)
            && (!_filters.Has("since") || image.Created > _since);
        return wanted ? ByReference(image) : null;
    }

    private ImageRecord? ByReference(ImageRecord image)
    {
        if (!_filters.Has("reference")) return image;
        var asked = image with { Tags = Asked(image.Tags), Digests = Asked(image.Digests) };
        return asked.Tags.Count + asked.Digests.Count > 0 ? asked : null;

        IReadOnlyList<string> Asked(IReadOnlyList<string> names) => [.. names.Where(n => _filters.Any("reference", wanted => MatchesReference(n, wanted)))];
    }

    /// <summary>A pattern over the whole reference, or over its name alone.</summary>
    private static bool MatchesReference(string reference, string wanted)
    {
        var mark = reference.IndexOf('@') is >= 0 and var at ? at : reference.IndexOf(':', reference.LastIndexOf('/') + 1);
        return PathPattern.Matches(wanted, reference) || (mark >= 0 && PathPattern.Matches(wanted, reference.AsSpan(0, mark)));
    }
}
