using Skein.Manager.Store;

namespace Skein.Manager.Orchestration;

/// <summary>
/// Services whose plan failed: they are left as they are, so that all others are planned. One is tried again when it has changed, and
/// every now and then, since it may have failed at what is around it.
/// </summary>
internal sealed class FaultyServices
{
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Fault> _faults = new(StringComparer.Ordinal);

    /// <returns>True when it has not failed so at its last try.</returns>
    public bool Note(Snapshot seen, ServicePlanException failure, DateTimeOffset now)
    {
        var cause = failure.InnerException!;
        var what = $"{cause.GetType()}: {cause.Message}";
        var isNew = _faults.GetValueOrDefault(failure.ServiceId)?.What != what;
        _faults[failure.ServiceId] = new(VersionOf(seen, failure.ServiceId), what, now + Pause);
        return isNew;
    }

    /// <summary>Those that this snapshot is to be planned without.</summary>
    public IReadOnlySet<string> At(Snapshot seen, DateTimeOffset now) =>
        _faults.Where(f => f.Value.Again > now && f.Value.Version == VersionOf(seen, f.Key)).Select(f => f.Key).ToHashSet(StringComparer.Ordinal);

    /// <summary>A plan without these alone was made.</summary>
    /// <returns>Those that were in it again.</returns>
    public IReadOnlyList<string> Planned(IReadOnlySet<string> without)
    {
        var healed = _faults.Keys.Where(id => !without.Contains(id)).ToList();
        foreach (var id in healed) _faults.Remove(id);
        return healed;
    }

    /// <summary>When one is to be tried again though nothing has changed.</summary>
    public DateTimeOffset? Due => _faults.Count == 0 ? null : _faults.Values.Min(f => f.Again);

    private static ulong VersionOf(Snapshot seen, string id) => seen.Services.Find(id)?.Meta?.Version ?? 0;

    private sealed record Fault(ulong Version, string What, DateTimeOffset Again);
}
