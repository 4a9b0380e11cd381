using Skein.Manager.Drafts;
using Skein.Model;

namespace Skein.Manager.Orchestration;

/// <summary>Brings the slots of a service to its spec, a few at a time, and watches how they fare.</summary>
internal sealed class RollingUpdate
{
    private readonly SwarmDraft _draft;
    private readonly Drafted<Service> _service;
    private readonly UpdatePolicy _policy;
    private readonly List<SlotUpdate> _slots;
    private readonly bool _isRollback;

    private RollingUpdate(SwarmDraft draft, Drafted<Service> service, IEnumerable<Slot> slots, ulong since)
    {
        _draft = draft;
        _service = service;
        _isRollback = service.Value.UpdateStatus?.State == UpdateState.RollbackStarted;
        _policy = UpdatePolicy.Of(service.Value, _isRollback);
        _slots = slots.Select(s => new SlotUpdate(draft, service.Value, s, since)).ToList();
    }

    /// <param name="slots">Those held, by number.</param>
    public static void Run(SwarmDraft draft, Drafted<Service> service, IReadOnlyList<Slot> slots)
    {
        var state = service.Value.UpdateStatus?.State ?? UpdateState.None;
        if (state is UpdateState.Paused or UpdateState.RollbackPaused) return;
        var isActive = state is UpdateState.Updating or UpdateState.RollbackStarted;
        if (!isActive && !slots.Any(s => NeedsWork(draft, service.Value, s))) return;
        if (isActive && service.Value.UpdateStatus is { SinceVersion: 0 }) Begin(draft, service);
        var since = service.Value.UpdateStatus is { SinceVersion: > 0 and var version } ? version : service.Value.Meta.Version;
        new RollingUpdate(draft, service, slots, since).Run(state, isActive);
    }

    private static void Begin(SwarmDraft draft, Drafted<Service> service)
    {
        var status = service.Edit().UpdateStatus;
        status.StartedAt ??= draft.Stamp;
        status.SinceVersion = service.Value.Meta.Version;
    }

    private static bool NeedsWork(SwarmDraft draft, Service service, Slot slot) =>
        slot.Newest is { } newest && draft.IsDirty(service, newest)
        || slot.Wanted.Skip(1).Any()
        || slot.Wanted.Any(t => draft.IsDirty(service, t.Value));

    private void Run(UpdateState state, bool isActive)
    {
        if (state == UpdateState.None && _slots.Any(s => IsToDo(s) || s.Outdated.Count > 0)) isActive = Start();
        if (isActive)
        {
            foreach (var slot in _slots) slot.NoteRunning(_draft);
            if (ActOnFailures() || ActOnNoPlaceBeside()) return;
        }
        foreach (var slot in _slots) RetireOutdated(slot);
        ReplaceOutdated();
        if (isActive && !_slots.Any(IsToDo)) CompleteWhenProven();
    }

    /// <summary>To be given a new task. A slot touched once is the restart policy's: an update makes one attempt per slot.</summary>
    private bool IsToDo(SlotUpdate slot) =>
        !slot.IsTouched && slot.Current.Count == 0
        && (slot.Outdated.Count > 0 || (slot.IsResting && slot.IsNewestDirty));

    private void RetireOutdated(SlotUpdate slot)
    {
        if (slot.Current.Count == 0) return;
        // Several of them: the one that is furthest stays, of equals the oldest.
        foreach (var spare in slot.Current.OrderByDescending(t => t.Value.State()).Skip(1)) slot.Slot.Shutdown(spare);
        if (_policy.StartFirst && !slot.Current.Any(t => t.Value.RunsHealthy())) return;
        foreach (var task in slot.Outdated) slot.Slot.Shutdown(task);
    }

    private void ReplaceOutdated()
    {
        var inWork = 0;
        foreach (var slot in _slots.Where(s => s.IsTouched))
        {
            if (slot.ReachedAt is not { } reached) inWork++;
            else if (reached + _policy.Delay > _draft.Now)
            {
                inWork++;
                if (_slots.Any(IsToDo)) _draft.WakeAt(reached + _policy.Delay);
            }
        }
        foreach (var slot in _slots.Where(IsToDo).ToList())
        {
            if (inWork++ >= _policy.Parallelism) return;
            if (!_policy.StartFirst)
            {
                foreach (var task in slot.Outdated) slot.Slot.Shutdown(task);
            }
            TaskBirth.In(_draft, _service.Value, slot.Slot, _draft.Now);
        }
    }

    private bool Start()
    {
        SetStatus(UpdateState.Updating, "update in progress");
        Begin(_draft, _service);
        return true;
    }

    /// <summary>True when the update ends here.</summary>
    private bool ActOnFailures()
    {
        if (_policy.OnFailure == UpdateFailureAction.Continue) return false;
        var failures = _slots.Select(s => s.Failure(_policy.Monitor)).OfType<SwarmTask>().OrderBy(t => t.StateSince()).ToList();
        var concerned = _slots.Count(s => s.IsTouched || IsToDo(s));
        if (failures.Count == 0 || (double)failures.Count / concerned <= _policy.MaxFailureRatio) return false;
        End($"due to failure or early termination of task {failures[^1].Id}");
        return true;
    }

    /// <summary>
    /// Of a service with a port in mode host or with max replicas per node, a task may find no node as long as the one it replaces is
    /// there, which waits for it. True when the update ends here.
    /// </summary>
    private bool ActOnNoPlaceBeside()
    {
        if (!_policy.StartFirst || _policy.OnFailure == UpdateFailureAction.Continue) return false;
        var stuck = _slots.Where(s => s.Outdated.Count > 0).SelectMany(s => s.Current).Select(t => t.Value)
            .FirstOrDefault(t => t.State() == TaskState.Pending && t.Status.Err.Length > 0);
        if (stuck is null) return false;
        if (stuck.CreatedAt() + Defaults.PlaceBeside is var due && due > _draft.Now)
        {
            _draft.WakeAt(due);
            return false;
        }
        End($"since task {stuck.Id} finds no node to start on before the one it replaces stops: {stuck.Status.Err}");
        return true;
    }

    private void End(string because)
    {
        if (_isRollback) SetStatus(UpdateState.RollbackPaused, $"rollback paused {because}");
        else if (_policy.OnFailure == UpdateFailureAction.Rollback && _service.Value.PreviousSpec is not null) RollBack($"update rolled back {because}");
        else SetStatus(UpdateState.Paused, $"update paused {because}");
    }

    private void RollBack(string message)
    {
        SetStatus(UpdateState.RollbackStarted, message);
        var service = _service.Edit();
        service.Spec = service.PreviousSpec.Clone();
        service.SpecVersion = service.PreviousSpecVersion;
        service.PreviousSpec = null;
        service.PreviousSpecVersion = 0;
    }

    /// <summary>Complete once every new task has run and kept running for the monitor's time.</summary>
    private void CompleteWhenProven()
    {
        var last = DateTimeOffset.MinValue;
        foreach (var slot in _slots.Where(s => s.IsTouched))
        {
            if (slot.ReachedAt is not { } reached) return;
            if (reached > last) last = reached;
        }
        // No new task, no proof to wait for: the service was scaled, or its tasks were as asked already.
        var due = last == DateTimeOffset.MinValue ? _draft.Now : last + _policy.Delay + _policy.Monitor;
        if (due > _draft.Now)
        {
            _draft.WakeAt(due);
            return;
        }
        var status = _isRollback
            ? SetStatus(UpdateState.RollbackCompleted, "rollback completed")
            : SetStatus(UpdateState.Completed, "update completed");
        status.CompletedAt = _draft.Stamp;
    }

    private UpdateStatus SetStatus(UpdateState state, string message)
    {
        var status = _service.Edit().UpdateStatus ??= new();
        status.State = state;
        status.Message = message;
        return status;
    }
}
