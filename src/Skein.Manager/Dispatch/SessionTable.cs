using Skein.Model.Timing;

namespace Skein.Manager.Dispatch;

/// <summary>
/// Which nodes this manager answers for, and when each was last heard. A session whose stream has ended stays here: the node
/// may be restarting its daemon, and counts as down only when it has missed its beats. Times are since an arbitrary start.
/// A node has the longest patience of those of now, of when it was heard, and of what it was told since: it may beat by an old
/// period still; and longer where it was heard in longer gaps.
/// </summary>
internal sealed class SessionTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _byNode = new(StringComparer.Ordinal);

    /// <summary>The node's stream is here now; answers with how to end the one it replaces.</summary>
    public Action? Open(string nodeId, string sessionId, Action end, TimeSpan now, TimeSpan patience)
    {
        lock (_lock)
        {
            var replaced = _byNode.GetValueOrDefault(nodeId);
            _byNode[nodeId] = new(sessionId, now, patience, replaced?.Gaps ?? new(), end);
            return replaced?.End;
        }
    }

    /// <summary>A session found in the store under this manager's name, from before it restarted.</summary>
    public void Adopt(string nodeId, string sessionId, TimeSpan heard)
    {
        lock (_lock) _byNode.TryAdd(nodeId, new(sessionId, heard, TimeSpan.Zero, new(), null));
    }

    public void Heard(string nodeId, string sessionId, TimeSpan now, TimeSpan patience)
    {
        lock (_lock)
        {
            if (!_byNode.TryGetValue(nodeId, out var entry) || entry.SessionId != sessionId) return;
            if (entry.Patience > TimeSpan.Zero) entry.Gaps.Note(now - entry.Heard, now, patience, entry.Patience);
            _byNode[nodeId] = entry with { Heard = now, Patience = patience };
        }
    }

    /// <summary>The node is told to beat by another period. Until it is heard again it may do so by any that it was told since.</summary>
    public void Told(string nodeId, string sessionId, TimeSpan patience)
    {
        lock (_lock)
        {
            if (_byNode.TryGetValue(nodeId, out var entry) && entry.SessionId == sessionId && entry.Patience < patience)
                _byNode[nodeId] = entry with { Patience = patience };
        }
    }

    public void Forget(string nodeId, string sessionId)
    {
        lock (_lock)
        {
            if (_byNode.TryGetValue(nodeId, out var entry) && entry.SessionId == sessionId) _byNode.Remove(nodeId);
        }
    }

    /// <summary>Counts everyone as heard at <paramref name="until"/>: who is sent away, or could not come back while the store took no writes.</summary>
    public void Forgive(TimeSpan until)
    {
        lock (_lock)
        {
            foreach (var (node, entry) in _byNode.ToList())
            {
                if (entry.Heard < until) _byNode[node] = entry with { Heard = until };
            }
        }
    }

    /// <summary>Those not heard for long enough. They stay until forgotten, so a mark that could not be written is tried again.</summary>
    /// <param name="since">When one could begin to hear them: no silence is longer.</param>
    public IReadOnlyList<SilentSession> Silent(TimeSpan now, TimeSpan patience, TimeSpan since)
    {
        lock (_lock)
        {
            return [.. _byNode
                .Where(e => IsSilent(e.Value, now, patience, since))
                .Select(e => new SilentSession(e.Key, e.Value.SessionId, e.Value.End))];
        }
    }

    /// <summary>Those that are not silent.</summary>
    public IReadOnlyList<string> Heard(TimeSpan now, TimeSpan patience, TimeSpan since)
    {
        lock (_lock) return [.. _byNode.Where(e => !IsSilent(e.Value, now, patience, since)).Select(e => e.Key)];
    }

    /// <summary>Asked again when it is to be written, which may be seconds later: a node that has been heard meanwhile keeps its tasks.</summary>
    public bool IsSilent(string nodeId, string sessionId, TimeSpan now, TimeSpan patience, TimeSpan since)
    {
        lock (_lock) return _byNode.TryGetValue(nodeId, out var entry) && entry.SessionId == sessionId && IsSilent(entry, now, patience, since);
    }

    public IReadOnlyList<Action> Ends()
    {
        lock (_lock) return [.. _byNode.Values.Select(e => e.End).OfType<Action>()];
    }

    private static bool IsSilent(Entry entry, TimeSpan now, TimeSpan patience, TimeSpan since)
    {
        var silence = now - (entry.Heard > since ? entry.Heard : since);
        return silence >= entry.Patience && silence >= entry.Gaps.PatienceAt(now, patience);
    }

    private sealed record Entry(string SessionId, TimeSpan Heard, TimeSpan Patience, BeatGaps Gaps, Action? End);
}
