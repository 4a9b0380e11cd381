namespace Skein.Agent.Tasks;

/// <summary>
/// Waits until a task that has just started listens where it should. Between its process's start and that lie 50 ms of a web server on a
/// quiet host, a second on a busy one, and in that time every connection led to it is refused.
/// </summary>
internal sealed class ListeningWait(TaskPorts ports, IReadOnlyList<string> sockets, TimeProvider time)
{
    /// <summary>Then it counts as running all the same: what it publishes may be meant for later, or for nothing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // A look costs some 30 µs.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    public async Task RunAsync(CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        for (var pause = FirstPause; !ports.IsServedBy(ListeningSockets.Read(sockets)) && time.GetElapsedTime(began) < Patience; pause = Longer(pause))
            await Task.Delay(pause, time, cancel);
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
}
