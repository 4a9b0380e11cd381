using Skein.Manager.Drafts;
using Skein.Model.Specs;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>How far one slot is in an update, read from its tasks alone: a new leader goes on where the old one was.</summary>
internal sealed class SlotUpdate
{
    private readonly List<Drafted<SwarmTask>> _updated = [];

    public SlotUpdate(SwarmDraft draft, Service service, Slot slot, ulong since)
    {
        Slot = slot;
        foreach (var task in slot.Tasks)
        {
            if (draft.IsDirty(service, task.Value))
            {
                if (task.Value.IsWanted()) Outdated.Add(task);
                continue;
            }
            if (task.Value.IsWanted()) Current.Add(task);
            if (task.Value.IsCreatedAfter(since)) _updated.Add(task);
        }
        IsNewestDirty = slot.Newest is { } newest && draft.IsDirty(service, newest);
    }

    public Slot Slot { get; }

    /// <summary>Wanted, and as the spec asks.</summary>
    public List<Drafted<SwarmTask>> Current { get; } = [];

    /// <summary>Wanted, and not as the spec asks.</summary>
    public List<Drafted<SwarmTask>> Outdated { get; } = [];

    public bool IsNewestDirty { get; }

    /// <summary>A task was made for it in this update.</summary>
    public bool IsTouched => _updated.Count > 0;

    /// <summary>Nobody wanted in it: its last task ended, and the restart policy let it rest.</summary>
    public bool IsResting => Current.Count == 0 && Outdated.Count == 0;

    /// <summary>When the first of its new tasks ran or, if none ever will, ended; null while that is to come.</summary>
    public DateTimeOffset? ReachedAt
    {
        get
        {
            if (!IsTouched) return null;
            foreach (var task in _updated)
            {
                if (task.Value.RunningSince is { } since) return since.AsTime();
                if (task.Value.IsTerminal()) return task.Value.StateSince();
            }
            return _updated.Any(t => t.Value.IsWanted()) ? null : _updated[^1].Value.CreatedAt();
        }
    }

    /// <summary>Its first task of this update that ended by itself, before running or within the monitor's time after.</summary>
    public SwarmTask? Failure(TimeSpan monitor) => _updated
        .Select(t => t.Value)
        .FirstOrDefault(t => t.EndedByItself() && (t.RunningSince is null || t.StateSince() - t.RunningSince.AsTime() <= monitor));

    /// <summary>The agent reports that a task runs, not since when it is healthy: what the monitor counts from is written down here.</summary>
    public void NoteRunning(SwarmDraft draft)
    {
        foreach (var task in _updated)
        {
            // Later than now: the clock was set back, and would have to pass that hour once more.
            if (task.Value.RunsHealthy() && (task.Value.RunningSince is not { } since || since.AsTime() > draft.Now)) task.Edit().RunningSince = draft.Stamp;
        }
    }
}
