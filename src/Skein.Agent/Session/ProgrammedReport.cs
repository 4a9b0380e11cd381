namespace Skein.Agent.Session;

/// <summary>
/// What a node answers to its assignments: up to which sequence of this session its balancers follow. Several that came meanwhile are
/// one answer. By the generation of the node's state, since sequences begin anew with each session.
/// </summary>
internal sealed class ProgrammedReport(Func<long, CancellationToken, Task> whenProgrammed)
{
    private volatile Step _newest = new(0, 0);
    private ulong _said;

    public void Told(ulong sequence, long generation)
    {
        var before = _newest;
        _newest = new(sequence, generation);
        before.Passed.SetResult();
    }

    /// <summary>The next sequence to be said: one that was told, and has been programmed since.</summary>
    public async Task<ulong> NextAsync(CancellationToken cancel)
    {
        while (_newest is { } same && same.Sequence == _said) await same.Passed.Task.WaitAsync(cancel);
        var newest = _newest;
        await whenProgrammed(newest.Generation, cancel);
        return _said = newest.Sequence;
    }

    private sealed record Step(ulong Sequence, long Generation)
    {
        public TaskCompletionSource Passed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
