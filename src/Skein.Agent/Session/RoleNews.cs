namespace Skein.Agent.Session;

/// <summary>Why this node does not have the role it shall have; empty when it has. The newest is what counts.</summary>
internal sealed class RoleNews
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _failure = "";

    public void Say(string failure)
    {
        lock (_lock)
        {
            if (_failure == failure) return;
            _failure = failure;
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Completes with the newest once it is another than this.</summary>
    public async Task<string> WaitOtherAsync(string known, CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_failure != known) return _failure;
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancel);
        }
    }
}
