using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>
/// What the managers have told of the secrets and configs of this node's tasks, and of the credentials for their images. In memory alone:
/// after a restart a manager has to be reached before a task that needs one can go on.
/// </summary>
public sealed class DependencyContents
{
    private readonly Lock _lock = new();

    // All under _lock.
    private readonly Dictionary<string, DependencyContent> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RegistryCredentials> _byTask = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = New();

    public void Apply(Dependencies told)
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            if (told.Full) Forget();
            foreach (var id in told.Removed) _byId.Remove(id);
            foreach (var content in told.Put) _byId[content.Id] = content;
            foreach (var id in told.RemovedCredentials) _byTask.Remove(id);
            foreach (var credentials in told.Credentials) _byTask[credentials.TaskId] = credentials.Registry;
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

    /// <summary>The credentials for this task's images, null while they are not known, and what completes when they may be.</summary>
    public (RegistryCredentials? Known, Task Changed) LookForCredentials(string taskId)
    {
        lock (_lock) return (_byTask.GetValueOrDefault(taskId), _changed.Task);
    }

    private void Forget()
    {
        _byId.Clear();
        _byTask.Clear();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
