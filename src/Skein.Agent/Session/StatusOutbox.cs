using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>The newest status of each task that no manager has confirmed yet.</summary>
internal sealed class StatusOutbox : ITaskStatusOutbox
{
    /// <summary>Reports on their way: while a manager is slow to write, what is new waits here, each task's newest alone.</summary>
    public const int MostUnanswered = 16;

    /// <summary>Bytes of a report. What is left goes with the next.</summary>
    public const int EnoughBytes = 256 << 10;

    /// <summary>Of an update in a report: its tag and its length.</summary>
    private const int Frame = 6;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _byTask = new(StringComparer.Ordinal);
    private int _unanswered;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Called after each change, so that it can be written to disk.</summary>
    public Action Changed { get; set; } = () => { };

    public void Report(string taskId, SwarmTaskStatus status)
    {
        lock (_lock)
        {
            _byTask[taskId] = new(status, Sent: false, _byTask.GetValueOrDefault(taskId)?.Unanswered ?? 0);
            _news.TrySetResult();
        }
        Changed();
    }

    /// <summary>A new session: what the last one sent and did not confirm is to be sent again.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            foreach (var (task, entry) in _byTask.ToList()) _byTask[task] = entry with { Sent = false, Unanswered = 0 };
            _unanswered = 0;
            if (_byTask.Count > 0) _news.TrySetResult();
        }
    }

    /// <summary>Waits until there is something to send, and takes as much of it as one report holds.</summary>
    public async Task<TaskStatusReport> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task news;
            lock (_lock)
            {
                var report = _unanswered < MostUnanswered ? TakeUnsent() : new();
                if (report.Updates.Count > 0)
                {
                    _unanswered++;
                    return report;
                }
                if (_news.Task.IsCompleted) _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
                news = _news.Task;
            }
            await news.WaitAsync(cancel);
        }
    }

    /// <summary>
    /// Each report is answered once, with its tasks. A status is delivered when every report that had its task is
    /// answered and none is newer.
    /// </summary>
    public void Stored(IEnumerable<string> taskIds)
    {
        lock (_lock)
        {
            _unanswered = Math.Max(0, _unanswered - 1);
            _news.TrySetResult();
            foreach (var id in taskIds)
            {
                if (!_byTask.TryGetValue(id, out var entry)) continue;
                entry = entry with { Unanswered = Math.Max(0, entry.Unanswered - 1) };
                if (entry is { Sent: true, Unanswered: 0 }) _byTask.Remove(id);
                else _byTask[id] = entry;
            }
        }
        Changed();
    }

    public IReadOnlyList<TaskStatusUpdate> Undelivered()
    {
        lock (_lock) return [.. _byTask.Select(e => new TaskStatusUpdate { TaskId = e.Key, Status = e.Value.Status })];
    }

    private TaskStatusReport TakeUnsent()
    {
        var report = new TaskStatusReport();
        var bytes = 0;
        foreach (var (id, entry) in _byTask.Where(e => !e.Value.Sent).ToList())
        {
            var update = new TaskStatusUpdate { TaskId = id, Status = entry.Status };
            bytes += update.CalculateSize() + Frame;
            if (report.Updates.Count > 0 && bytes > EnoughBytes) break;
            report.Updates.Add(update);
            _byTask[id] = entry with { Sent = true, Unanswered = entry.Unanswered + 1 };
        }
        return report;
    }

    private sealed record Entry(SwarmTaskStatus Status, bool Sent, int Unanswered);
}
