namespace Skein.Agent.Standalone;

/// <summary>
/// How long the work of a container waits for others, as for the swarm that gives an address: until somebody wants the container to end. Who
/// waits holds the container, and lets go at once.
/// </summary>
internal sealed class Patience
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _lasting = new();
    private int _ending;

    /// <summary>Of what is about to wait, or to look whether it must.</summary>
    public CancellationToken Token
    {
        get { lock (_lock) return _lasting.Token; }
    }

    /// <summary>Ends the waits that are, and each that begins before this is disposed.</summary>
    public IDisposable End()
    {
        CancellationTokenSource ended;
        lock (_lock)
        {
            _ending++;
            ended = _lasting;
        }
        ended.Cancel();
        return new Ending(this);
    }

    private void Renew()
    {
        lock (_lock)
        {
            if (--_ending == 0) _lasting = new();
        }
    }

    private sealed class Ending(Patience patience) : IDisposable
    {
        public void Dispose() => patience.Renew();
    }
}
