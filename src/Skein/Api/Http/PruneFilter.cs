namespace Skein.Api.Http;

/// <summary>What a prune spares: by labels, and what is younger than "until".</summary>
internal sealed class PruneFilter(Filters filters, DateTimeOffset now)
{
    private readonly DateTimeOffset? _until = filters.Until(now);

    public bool Takes(IEnumerable<KeyValuePair<string, string>> labels, DateTimeOffset? created) =>
        filters.Labels("label", labels)
        && (!filters.Has("label!") || !filters.Labels("label!", labels))
        && (_until is null || created <= _until);
}
