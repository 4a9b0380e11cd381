namespace Skein.Agent.Images.Content;

/// <summary>
/// Work asked for several times at once is done once: who comes while it is under way waits for the same end. It is
/// cancelled when the last who waits has gone.
/// </summary>
internal sealed class SharedWork<TKey, TResult>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Flight> _flights = [];

    /// <returns>The result, and whether this call began the work.</returns>
    public async Task<(TResult Result, bool Began)> RunAsync(TKey key, Func<CancellationToken, Task<TResult>> work, CancellationToken cancel)
    {
        Flight flight;
        bool began;
        lock (_lock)
        {
            began = !_flights.TryGetValue(key, out var known);
            flight = known ?? (_flights[key] = new Flight());
            flight.Waiting++;
            if (began) flight.Work = Task.Run(() => work(flight.Stop.Token), CancellationToken.None);
        }
        try
        {
            return (await flight.Work.WaitAsync(cancel), began);
        }
        finally
        {
            Leave(key, flight);
        }
    }

    private void Leave(TKey key, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Waiting > 0) return;
            if (_flights.TryGetValue(key, out var known) && known == flight) _flights.Remove(key);
        }
        if (!flight.Work.IsCompleted) flight.Stop.Cancel();
    }

    private sealed class Flight
    {
        public CancellationTokenSource Stop { get; } = new();

        public Task<TResult> Work { get; set; } = null!;

        public int Waiting { get; set; }
    }
}
