namespace Skein.Managing;

/// <summary>The lifetime of an application inside the daemon: started and stopped by the daemon alone.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
