namespace Skein.Manager.Callers;

/// <summary>Who has done something so often in a minute that it is heard no more until the minute is over. Others are heard as before.</summary>
internal sealed class Tries<TKey>(int most, TimeProvider time) where TKey : notnull
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Of so many it is kept, some 500 KiB. With all taken by others in the same minute, the oldest is forgotten.</summary>
    public const int MostKeys = 4096;

    private readonly Lock _lock = new();
    private readonly OrderedDictionary<TKey, (long Since, int Count)> _byKey = [];

    public int Keys
    {
        get { lock (_lock) return _byKey.Count; }
    }

    /// <summary>Whether it has to wait until its minute is over.</summary>
    public bool MustWait(TKey key)
    {
        lock (_lock) return _byKey.TryGetValue(key, out var known) && IsNow(known.Since) && known.Count >= most;
    }

    public void Note(TKey key)
    {
        lock (_lock)
        {
            if (_byKey.TryGetValue(key, out var known) && IsNow(known.Since))
            {
                _byKey[key] = known with { Count = known.Count + 1 };
                return;
            }
            // In the order of their minutes' beginning, so that the first is the oldest.
            _byKey.Remove(key);
            while (_byKey.Count > 0 && (_byKey.Count >= MostKeys || !IsNow(_byKey.GetAt(0).Value.Since))) _byKey.RemoveAt(0);
            _byKey.Add(key, (time.GetTimestamp(), 1));
        }
    }

    private bool IsNow(long since) => time.GetElapsedTime(since) < Window;
}
