using System.Collections.Immutable;

namespace Skein.Agent.Peers;

/// <summary>The nodes that are watched, and what each tick asks of them. No I/O, no clock.</summary>
internal sealed class PeerTable
{
    private readonly Dictionary<string, PeerState> _peers = new(StringComparer.Ordinal);
    private TimeSpan? _looked;
    private TimeSpan _interval = PeerWatch.IntervalOf(0);

    public ImmutableHashSet<string> Silent => [.. _peers.Where(p => p.Value.Silent).Select(p => p.Key)];

    /// <summary>Who is to be watched from now on; what is known of those who stay is kept.</summary>
    public void Watch(IReadOnlyCollection<string> nodes, TimeSpan now)
    {
        _interval = PeerWatch.IntervalOf(nodes.Count);
        foreach (var gone in _peers.Keys.Except(nodes).ToList()) _peers.Remove(gone);
        var turn = 0;
        foreach (var node in nodes) _peers.TryAdd(node, PeerWatch.Met(now, _interval, turn++ * 1000 / nodes.Count));
    }

    public void Answered(string node)
    {
        if (_peers.TryGetValue(node, out var peer)) _peers[node] = PeerWatch.Answered(peer);
    }

    /// <returns>Whom to ask now.</returns>
    public IReadOnlyList<string> Tick(TimeSpan now)
    {
        var heldUp = _looked is { } last && now - last > PeerWatch.LatestTick;
        _looked = now;
        var asked = new List<string>();
        foreach (var node in _peers.Keys.ToList())
        {
            var (peer, ask) = PeerWatch.Looked(heldUp ? PeerWatch.Forgiven(_peers[node], now) : _peers[node], now, _interval);
            if (ask && asked.Count < PeerWatch.PerTick)
            {
                asked.Add(node);
                peer = PeerWatch.AskedAt(peer, now);
            }
            _peers[node] = peer;
        }
        return asked;
    }

    /// <summary>It could not even be asked, which says nothing of it.</summary>
    public void NotAsked(string node)
    {
        if (_peers.TryGetValue(node, out var peer)) _peers[node] = peer with { Waiting = false };
    }
}
