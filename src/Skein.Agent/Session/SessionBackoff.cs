namespace Skein.Agent.Session;

/// <summary>How long to wait before asking the managers again: doubling from 100 ms to 8 s, and half of it by chance.</summary>
internal sealed class SessionBackoff(Random random)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

    private TimeSpan _next = Shortest;

    public void Reset() => _next = Shortest;

    /// <summary>Chance keeps a thousand nodes of a dead manager from asking the next one in the same millisecond.</summary>
    public TimeSpan Next()
    {
        var wait = _next * (0.5 + (random.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return wait;
    }
}
