using Skein.Agent.Session;
using Skein.Model;

namespace Skein.Hosting;

/// <summary>
/// The outbox that lives as long as the daemon, before the one of the present session. What is reported while there is no
/// session (a container found dead at the daemon's start) waits for the next.
/// </summary>
internal sealed class CurrentOutbox : ITaskStatusOutbox
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SwarmTaskStatus> _waiting = new(StringComparer.Ordinal);
    private ITaskStatusOutbox? _current;

    public void Report(string taskId, SwarmTaskStatus status)
    {
        lock (_lock)
        {
            if (_current is null) _waiting[taskId] = status;
            else _current.Report(taskId, status);
        }
    }

    public void Attach(ITaskStatusOutbox next)
    {
        lock (_lock)
        {
            _current = next;
            foreach (var (task, status) in _waiting) next.Report(task, status);
            _waiting.Clear();
        }
    }

    public void Detach()
    {
        lock (_lock) _current = null;
    }
}
