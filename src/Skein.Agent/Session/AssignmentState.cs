using System.Collections.Immutable;

namespace Skein.Agent.Session;

/// <summary>
/// The node's present assignments. One writer (the session, or the file at start); Tasks, Networks, Dns and Mesh each
/// read <see cref="Current"/> and wait for the next: they never miss the newest and need not see every one between.
/// </summary>
public sealed class AssignmentState
{
    private readonly Lock _lock = new();
    private volatile Box _box = new(NodeAssignments.Empty, 0, NodeAssignments.Empty);
    private ImmutableHashSet<string> _silent = [];

    /// <summary>What holds: as told, with no task ready on a node that was found silent.</summary>
    public NodeAssignments Current => _box.Value;

    /// <summary>What a manager has told, which the next difference follows on and the disk keeps.</summary>
    public NodeAssignments Told => _box.Told;

    /// <summary>Grows by one with each publication in this process.</summary>
    public long Generation => _box.Generation;

    public void Publish(NodeAssignments next)
    {
        lock (_lock) Replace(next);
    }

    /// <summary>Nodes that do not answer while no manager can say so: nobody is to be sent to them.</summary>
    public void Silence(ImmutableHashSet<string> nodes)
    {
        lock (_lock)
        {
            if (nodes.SetEquals(_silent)) return;
            _silent = nodes;
            Replace(_box.Told);
        }
    }

    private void Replace(NodeAssignments told)
    {
        var old = _box;
        _box = new Box(told.Without(_silent), old.Generation + 1, told);
        old.Replaced.SetResult();
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

    private sealed record Box(NodeAssignments Value, long Generation, NodeAssignments Told)
    {
        public TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
