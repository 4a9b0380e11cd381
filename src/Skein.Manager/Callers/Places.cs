namespace Skein.Manager.Callers;

/// <summary>How many may be in at a time: of each, and in all. Who is in is counted, nobody waits.</summary>
public sealed class Places<TKey>(int ofEach, int inAll) where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, int> _taken = [];
    private int _all;

    /// <summary>null when there is none left. The place is given back by disposing of it, once or more often.</summary>
    /// <param name="beyondAll">For whom the places in all were kept: only its own are counted.</param>
    public IDisposable? TryTake(TKey key, bool beyondAll = false)
    {
        lock (_lock)
        {
            var own = _taken.GetValueOrDefault(key);
            if (own >= ofEach || (_all >= inAll && !beyondAll)) return null;
            _taken[key] = own + 1;
            _all++;
            return new Place(this, key);
        }
    }

    private void Leave(TKey key)
    {
        lock (_lock)
        {
            _all--;
            if (_taken[key] == 1) _taken.Remove(key);
            else _taken[key]--;
        }
    }

    private sealed class Place(Places<TKey> places, TKey key) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) places.Leave(key);
        }
    }
}
