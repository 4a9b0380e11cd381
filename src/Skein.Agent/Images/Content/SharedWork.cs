namespace Skein.Agent.Images.Content;

/// <summary>
/// Work asked for several times at once is done once: who comes while it is under way waits for the same end. It is
/// cancelled when the last who waits has gone; who asks for it again then waits until it has ended and cleaned up: both use
/// the same names in containerd.
/// </summary>
internal sealed class SharedWork<TKey, TResult>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Flight> _flights = [];

    /// <param name="progress">Told what the work reports, whoever began it.</param>
    /// <returns>The result, and whether this call began the work.</returns>
    public async Task<(TResult Result, bool Began)> RunAsync(
        TKey key, Func<IProgress<ImageProgress>, CancellationToken, Task<TResult>> work, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        Flight flight;
        bool began;
        lock (_lock)
        {
            var known = _flights.GetValueOrDefault(key);
            began = known is not { Waiting: > 0 };
            flight = began ? _flights[key] = new Flight() : known!;
            flight.Waiting++;
            if (progress is not null) flight.Shown.Add(progress);
            if (began) flight.Work = Task.Run(() => WorkAfterAsync(known?.Work, token => work(flight.Shown, token), flight.Stop.Token), CancellationToken.None);
        }
        try
        {
            return (await flight.Work.WaitAsync(cancel), began);
        }
        finally
        {
            if (progress is not null) flight.Shown.Remove(progress);
            Leave(key, flight);
        }
    }

    private static async Task<TResult> WorkAfterAsync(Task? calledOff, Func<CancellationToken, Task<TResult>> work, CancellationToken stop)
    {
        if (calledOff is not null) await calledOff.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.ThrowIfCancellationRequested();
        return await work(stop);
    }

    private void Leave(TKey key, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Waiting > 0) return;
        }
        flight.Stop.Cancel();
        _ = flight.Work.ContinueWith(_ => Forget(key, flight), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void Forget(TKey key, Flight flight)
    {
        lock (_lock)
        {
            if (_flights.GetValueOrDefault(key) == flight) _flights.Remove(key);
        }
    }

    private sealed class Flight
    {
        public CancellationTokenSource Stop { get; } = new();

        public SharedProgress Shown { get; } = new();

        public Task<TResult> Work { get; set; } = null!;

        public int Waiting { get; set; }
    }
}
