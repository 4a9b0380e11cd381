namespace Skein.Agent.Tasks;

/// <summary>
/// How many tasks of a host are being made at a time. Sixty that come at once would all be half done together, each slower than alone, and
/// everything else on the host with them. A pull has no part in it: it waits for others, and has bounds of its own.
/// </summary>
internal sealed class TaskPlaces(int count, TimeProvider time)
{
    /// <summary>Who holds a place for longer waits for something else than a processor, a volume's server perhaps: another gets it as well.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = time;
    private readonly Lock _lock = new();

    // All under _lock.
    private readonly PriorityQueue<TaskCompletionSource, (TaskStage, long)> _waiting = new();
    private int _free = count;
    private long _came;

    public async Task<T> RunAsync<T>(TaskStage stage, Func<Task<T>> work, CancellationToken cancel)
    {
        await WaitAsync(stage, cancel);
        using var place = new Place(this);
        return await work();
    }

    private async Task WaitAsync(TaskStage stage, CancellationToken cancel)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }
            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn, (stage, _came++));
        }
        using var registration = cancel.UnsafeRegister(_ => turn.TrySetCanceled(cancel), null);
        await turn.Task;
    }

    private void Leave()
    {
        lock (_lock)
        {
            // Who was called off meanwhile takes none.
            while (_waiting.TryDequeue(out var next, out _))
            {
                if (next.TrySetResult()) return;
            }
            _free++;
        }
    }

    private sealed class Place : IDisposable
    {
        private readonly TaskPlaces _places;
        private readonly ITimer _patience;
        private int _left;

        public Place(TaskPlaces places)
        {
            _places = places;
            _patience = places._time.CreateTimer(_ => Leave(), null, Patience, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            _patience.Dispose();
            Leave();
        }

        private void Leave()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) _places.Leave();
        }
    }
}
