using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>
/// What the managers have told of the secrets and configs of this node's tasks. In memory alone: after a restart a manager has to
/// be reached before a task that needs one can start.
/// </summary>
public sealed class DependencyContents
{
    private readonly Lock _lock = new();

    // Both under _lock.
    private readonly Dictionary<string, DependencyContent> _byId = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = New();

    public void Apply(Dependencies told)
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            if (told.Full) _byId.Clear();
            foreach (var id in told.Removed) _byId.Remove(id);
            foreach (var content in told.Put) _byId[content.Id] = content;
            (waiting, _changed) = (_changed, New());
        }
        waiting.SetResult();
    }

    /// <summary>Those of these that are known, and what completes when more may be.</summary>
    public (IReadOnlyDictionary<string, DependencyContent> Known, Task Changed) Look(IEnumerable<string> ids)
    {
        lock (_lock)
        {
            return (ids.Distinct().Where(_byId.ContainsKey).ToDictionary(id => id, id => _byId[id], StringComparer.Ordinal), _changed.Task);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
