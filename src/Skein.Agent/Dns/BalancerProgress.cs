using Skein.Agent.Session;

namespace Skein.Agent.Dns;

/// <summary>How far every balancer of this host follows the assignments. One writer, the mesh; resolvers read and wait.</summary>
internal sealed class BalancerProgress
{
    private volatile Step _step = new(-1, NodeAssignments.Empty);

    /// <summary>What the balancers lead by, at least.</summary>
    public NodeAssignments Applied => _step.Applied;

    public void Advance(long generation, NodeAssignments applied)
    {
        var old = _step;
        if (generation <= old.Generation) return;
        _step = new(generation, applied);
        old.Passed.SetResult();
    }

    /// <summary>Completes when every balancer follows this generation of the assignments, or a later one.</summary>
    public async Task WhenAppliedAsync(long generation, CancellationToken cancel)
    {
        while (_step is { } step && step.Generation < generation) await step.Passed.Task.WaitAsync(cancel);
    }

    private sealed record Step(long Generation, NodeAssignments Applied)
    {
        public TaskCompletionSource Passed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
