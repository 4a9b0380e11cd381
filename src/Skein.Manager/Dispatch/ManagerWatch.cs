using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Timing;

namespace Skein.Manager.Dispatch;

/// <summary>
/// Who of the managers is alive, by their beats as they arrive here, and what follows for nodes. Pure but for what it
/// remembers; times are since an arbitrary start.
/// While etcd elects a leader nobody's beat lands. So silence alone condemns nobody: this manager's own beats must
/// have landed meanwhile (two of them: the first may land in the very moment the store is back). The same holds after this
/// manager itself stood still: what the others have stored comes before its own next beats. Nor is one dead whose beats come
/// slowly: it has half as much again as the longest gap of late.
/// </summary>
internal sealed class ManagerWatch(string self)
{
    private const ulong OwnBeatsNeeded = 2;
    private const double GapsOfPatience = 1.5;
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, Seen> _managers = new(StringComparer.Ordinal);
    private ulong _ownBeats;

    public void Observe(Snapshot snapshot, TimeSpan now)
    {
        var period = ClusterDefaults.HeartbeatPeriodOf(snapshot.Cluster);
        var own = snapshot.ManagerBeats.Find(self)?.Count ?? 0;
        if (own != _managers.GetValueOrDefault(self)?.Count) OwnBeat(now);
        foreach (var id in Known(snapshot))
        {
            var count = snapshot.ManagerBeats.Find(id)?.Count ?? 0;
            if (!_managers.TryGetValue(id, out var seen)) _managers[id] = new(count, now, period, _ownBeats, null, null, new(GapsOfPatience, LongestPatience));
            else if (seen.Count != count) _managers[id] = Heard(seen, count, now, period);
        }
    }

    /// <summary>The nodes as they should be stored, where that differs from how they are.</summary>
    /// <param name="extra">How much longer everyone is waited for, because this manager is slow itself.</param>
    public IReadOnlyList<Node> Verdicts(Snapshot snapshot, TimeSpan now, TimeSpan extra, DateTimeOffset wallClock)
    {
        var period = ClusterDefaults.HeartbeatPeriodOf(snapshot.Cluster);
        foreach (var (id, seen) in _managers.ToList())
        {
            var silent = IsSilent(id, seen, now, period, extra);
            if (silent != seen.SilentSince.HasValue) _managers[id] = seen with { SilentSince = silent ? now : null };
        }
        return [.. snapshot.Nodes.All.Select(n => Verdict(n, now, period, wallClock)).OfType<Node>().OrderBy(n => n.Id, StringComparer.Ordinal)];
    }

    /// <summary>Beats of managers that are managers no more.</summary>
    public IReadOnlyList<string> Leftovers(Snapshot snapshot) =>
        [.. snapshot.ManagerBeats.All.Select(b => b.Id)
            .Where(id => id != self && snapshot.Nodes.Find(id)?.ManagerStatus is null && _managers.GetValueOrDefault(id)?.SilentSince is not null)];

    private void OwnBeat(TimeSpan now)
    {
        _ownBeats++;
        foreach (var (id, seen) in _managers.Where(m => m.Value.FirstOwnBeat is null).ToList()) _managers[id] = seen with { FirstOwnBeat = now };
    }

    private Seen Heard(Seen seen, ulong count, TimeSpan now, TimeSpan period)
    {
        // The first only shows that it has begun; and the gaps of a longer period say nothing under a shorter one.
        if (seen.Count > 0) seen.Gaps.Note((now - seen.At) * (period / Longer(period, seen.Period)), now);
        return seen with { Count = count, At = now, Period = period, OwnBeats = _ownBeats, FirstOwnBeat = null, SilentSince = null };
    }

    private bool IsSilent(string id, Seen seen, TimeSpan now, TimeSpan period, TimeSpan extra) =>
        id != self
        && now - seen.At >= seen.Gaps.At(now, Longer(period, seen.Period) * ClusterDefaults.MissedBeats) + extra
        // The store is back for a period: beats that it kept waiting land in the same moment.
        && now - seen.FirstOwnBeat >= period + extra
        && _ownBeats - seen.OwnBeats >= OwnBeatsNeededFor(seen, now, period);

    /// <summary>
    /// One that beat once a period is known to be dead at the second beat of one's own after an election; one that took 2.5 periods for
    /// each, at the fifth: its next beat may be on its way still, or have been lost with the store's old leader.
    /// </summary>
    private static ulong OwnBeatsNeededFor(Seen seen, TimeSpan now, TimeSpan period) =>
        Math.Max(OwnBeatsNeeded, (ulong)Math.Round(OwnBeatsNeeded * (seen.Gaps.At(now, TimeSpan.Zero) / GapsOfPatience / period)));

    private Node? Verdict(Node node, TimeSpan now, TimeSpan period, DateTimeOffset wallClock)
    {
        Node? next = null;
        if (node.Status?.State == NodeState.Ready && IsLost(node, now, period)) next = NodeRegistration.Down(node, wallClock);
        if (node.ManagerStatus is { } status && _managers.TryGetValue(node.Id, out var seen))
        {
            var reachability = seen.SilentSince is null ? Reachability.Reachable : Reachability.Unreachable;
            if (status.Reachability != reachability)
            {
                next ??= node.Clone();
                next.ManagerStatus.Reachability = reachability;
            }
        }
        return next;
    }

    /// <summary>
    /// The manager that answers for it is dead. The manager's own host died with it; its other nodes are alive as likely
    /// as not, and get three more beats to find another manager.
    /// </summary>
    private bool IsLost(Node node, TimeSpan now, TimeSpan period)
    {
        var holder = node.Session?.ManagerId ?? "";
        if (!_managers.TryGetValue(holder, out var seen) || seen.SilentSince is not { } since) return false;
        return node.Id == holder || now - since >= period * ClusterDefaults.MissedBeats;
    }

    /// <summary>Also who holds a session but never beat: a manager that has left, or one that died before its first beat.</summary>
    private static IEnumerable<string> Known(Snapshot snapshot) =>
        snapshot.ManagerBeats.All.Select(b => b.Id)
            .Concat(snapshot.Nodes.All.Where(n => n.ManagerStatus is not null).Select(n => n.Id))
            .Concat(snapshot.Nodes.All.Where(n => n.Status?.State == NodeState.Ready).Select(n => n.Session?.ManagerId ?? ""))
            .Distinct(StringComparer.Ordinal);

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <param name="At">When its count last changed.</param>
    /// <param name="Period">In force then: one that fell asleep for a longer period does not wake for a shorter.</param>
    /// <param name="OwnBeats">How many beats of one's own had landed then.</param>
    /// <param name="FirstOwnBeat">When the first of one's own after it was seen; null while there is none.</param>
    /// <param name="Gaps">Between its beats as they were seen here.</param>
    private sealed record Seen(ulong Count, TimeSpan At, TimeSpan Period, ulong OwnBeats, TimeSpan? FirstOwnBeat, TimeSpan? SilentSince, MeasuredDeadline Gaps);
}
