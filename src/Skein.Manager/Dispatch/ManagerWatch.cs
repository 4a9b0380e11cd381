using System.Collections.Immutable;
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
/// manager itself stood still: what the others have stored comes before its own next beats. Nor is one dead whose beats come slowly.
/// A manager that is silent is unreachable; its nodes are down only when it does not answer either. One whose host is starved may be unable
/// to store its beats for longer than anyone waits, and yet hear its nodes: those that it names stay.
/// </summary>
internal sealed class ManagerWatch(string self)
{
    private const ulong OwnBeatsNeeded = 2;

    /// <summary>Periods without a beat after which it is asked: on a healthy swarm never, and in time before it counts as silent.</summary>
    private const double PeriodsUntilAsked = 1.5;

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
            if (!_managers.TryGetValue(id, out var seen)) _managers[id] = new(count, now, period, _ownBeats, new());
            else if (seen.Count != count) _managers[id] = Heard(seen, count, now, period);
        }
    }

    /// <summary>Managers to be asked now whether they are there.</summary>
    public IReadOnlyList<string> ToAsk(TimeSpan now, TimeSpan period)
    {
        var late = _managers.Where(m => m.Key != self && now - m.Value.At >= Longer(period, m.Value.Period) * PeriodsUntilAsked).Select(m => m.Key).ToList();
        foreach (var id in late) _managers[id] = _managers[id] with { AskedSince = _managers[id].AskedSince ?? now };
        return late;
    }

    /// <param name="asked">When the question was put: what it answers held after that.</param>
    public void Answered(string id, IEnumerable<string> heardNodes, TimeSpan asked)
    {
        if (!_managers.TryGetValue(id, out var seen)) return;
        var named = seen.Named.SetItems(heardNodes.Select(node => KeyValuePair.Create(node, asked)));
        _managers[id] = seen with { AskedSince = null, Answered = asked, Named = named };
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
        return [.. snapshot.Nodes.All.Select(n => Verdict(n, now, period, extra, wallClock)).OfType<Node>().OrderBy(n => n.Id, StringComparer.Ordinal)];
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
        // The first only shows that it has begun.
        if (seen.Count > 0) seen.Gaps.Note(now - seen.At, now, period, seen.Period);
        return new(count, now, period, _ownBeats, seen.Gaps);
    }

    private bool IsSilent(string id, Seen seen, TimeSpan now, TimeSpan period, TimeSpan extra) =>
        id != self
        && now - seen.At >= PatienceWith(seen, now, period) + extra
        // The store is back for a period: beats that it kept waiting land in the same moment.
        && now - seen.FirstOwnBeat >= period + extra
        && _ownBeats - seen.OwnBeats >= OwnBeatsNeededFor(seen, now, period);

    private static TimeSpan PatienceWith(Seen seen, TimeSpan now, TimeSpan period) =>
        seen.Gaps.PatienceAt(now, Longer(period, seen.Period) * ClusterDefaults.MissedBeats);

    /// <summary>
    /// One that beat once a period is known to be dead at the second beat of one's own after an election; one that took 2.5 periods for
    /// each, at the fifth: its next beat may be on its way still, or have been lost with the store's old leader.
    /// </summary>
    private static ulong OwnBeatsNeededFor(Seen seen, TimeSpan now, TimeSpan period) =>
        Math.Max(OwnBeatsNeeded, (ulong)Math.Round(OwnBeatsNeeded * (seen.Gaps.LongestAt(now) / period)));

    private Node? Verdict(Node node, TimeSpan now, TimeSpan period, TimeSpan extra, DateTimeOffset wallClock)
    {
        Node? next = null;
        if (node.Status?.State == NodeState.Ready && IsLost(node, now, period, extra)) next = NodeRegistration.Down(node, wallClock);
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
    /// The manager that holds its session is silent, and has not said that it hears it. Of a manager that is dead its own host died with it;
    /// its other nodes are alive as likely as not, as are those that a living one has lost: they get three more beats to find another manager.
    /// </summary>
    private bool IsLost(Node node, TimeSpan now, TimeSpan period, TimeSpan extra)
    {
        var holder = node.Session?.ManagerId ?? "";
        if (!_managers.TryGetValue(holder, out var seen) || seen.SilentSince is not { } since) return false;
        // What it says holds for as long as a beat of its would be waited for.
        var patience = PatienceWith(seen, now, period) + extra;
        var parted = seen.Named.TryGetValue(node.Id, out var named) ? Longer(since, named + patience) : since;
        if (now < parted) return false;
        if (now - seen.Answered < patience) return IsPast(parted);
        // An answer takes milliseconds, and longer where this manager is slow itself.
        if (!(now - seen.AskedSince >= period / 2 + extra)) return false;
        return node.Id == holder || IsPast(parted);

        bool IsPast(TimeSpan at) => now - at >= period * ClusterDefaults.MissedBeats + extra;
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
    /// <param name="AskedSince">It was asked then, and has not answered that question or a later one.</param>
    /// <param name="Answered">When the question was put that it answered last.</param>
    /// <param name="Named">The nodes that it said it hears, with when it was asked.</param>
    /// <param name="Gaps">Between its beats as they were seen here.</param>
    private sealed record Seen(
        ulong Count,
        TimeSpan At,
        TimeSpan Period,
        ulong OwnBeats,
        BeatGaps Gaps,
        TimeSpan? FirstOwnBeat = null,
        TimeSpan? SilentSince = null,
        TimeSpan? AskedSince = null,
        TimeSpan? Answered = null)
    {
        public ImmutableDictionary<string, TimeSpan> Named { get; init; } = ImmutableDictionary.Create<string, TimeSpan>(StringComparer.Ordinal);
    }
}
