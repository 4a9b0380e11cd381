namespace Skein.Manager.Dispatch;

/// <summary>What one node has been told of one kind, by id.</summary>
internal sealed class ToldValues<T>(Func<T, T, bool> isSame)
{
    private readonly Dictionary<string, T> _told = new(StringComparer.Ordinal);

    /// <summary>What it is to be told now, and what it needs no more: both count as told.</summary>
    public (IReadOnlyList<KeyValuePair<string, T>> Put, IReadOnlyList<string> Removed) Next(IReadOnlyDictionary<string, T> wanted)
    {
        var put = wanted.Where(w => !_told.TryGetValue(w.Key, out var told) || !isSame(told, w.Value)).ToList();
        var removed = _told.Keys.Where(id => !wanted.ContainsKey(id)).ToList();
        foreach (var (id, value) in put) _told[id] = value;
        foreach (var id in removed) _told.Remove(id);
        return (put, removed);
    }
}
