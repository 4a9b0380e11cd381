namespace Skein.Agent.Session;

/// <summary>
/// The node's present assignments. One writer (the session, or the file at start); Tasks, Networks, Dns and Mesh each
/// read <see cref="Current"/> and wait for the next: they never miss the newest and need not see every one between.
/// </summary>
public sealed class AssignmentState
{
    private readonly Lock _lock = new();
    private volatile Box _box = new(NodeAssignments.Empty, 0);

    public NodeAssignments Current => _box.Value;

    /// <summary>Grows by one with each publication in this process.</summary>
    public long Generation => _box.Generation;

    public void Publish(NodeAssignments next)
    {
        lock (_lock)
        {
            var old = _box;
            _box = new Box(next, old.Generation + 1);
            old.Replaced.SetResult();
        }
    }

    /// <summary>Completes when a publication after <paramref name="generation"/> has been made; at once when it has.</summary>
    public async Task<(NodeAssignments Value, long Generation)> WaitNewerAsync(long generation, CancellationToken cancel)
    {
        while (true)
        {
            var box = _box;
            if (box.Generation > generation) return (box.Value, box.Generation);
            await box.Replaced.Task.WaitAsync(cancel);
        }
    }

    private sealed record Box(NodeAssignments Value, long Generation)
    {
        public TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
