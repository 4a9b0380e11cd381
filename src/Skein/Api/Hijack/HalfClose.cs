namespace Skein.Api.Hijack;

/// <summary>
/// When Kestrel is told that the client has closed its sending side. Kestrel ends a connection at that, with whatever request it has
/// not read yet; Go's server answers first, and `echo x | docker exec -i` and `nc -N` count on it. So it is told only of a client that
/// leaves while its request is being served (which ends `logs -f`): before that, and between two, it finds the end by reading.
/// </summary>
internal sealed class HalfClose : IDisposable
{
    // Within it a request that came together with the end is answered, on a loaded host too; who follows something is let go this much later.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _told = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly ITimer _timer;

    public HalfClose(CancellationToken closed, Func<bool> serving, TimeProvider time)
    {
        _timer = time.CreateTimer(_ =>
        {
            if (serving()) _told.Cancel();
        }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _registration = closed.Register(() => _timer.Change(s_patience, s_patience));
    }

    public CancellationToken Token => _told.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _timer.Dispose();
    }
}
