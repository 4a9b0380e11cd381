using Skein.Linux;
using Skein.Linux.Pipes;

namespace Skein.Agent.Containers.Io;

/// <summary>One process's input, which whoever is attached may write to before the process has started: the bytes wait for it.</summary>
internal sealed class InputRun
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);

    /// <summary>A process that has closed its input has no reader any more, and may run for long.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim writing = new(1);
    // With null when there is nobody (any more) who reads.
    private readonly TaskCompletionSource<Fifo?> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<Task> closeAtRuntime = () => Task.CompletedTask;
    private volatile bool ended;

    public void Open(PipePoller poller, string path, Func<Task> close, TimeProvider time)
    {
        closeAtRuntime = close;
        if (!TryOpen(poller, path)) _ = OpenWhenReadAsync(poller, path, time);
    }

    /// <summary>The shim answers that the process has started before it has opened its end: who writes at once must not write to nobody.</summary>
    private async Task OpenWhenReadAsync(PipePoller poller, string path, TimeProvider time)
    {
        var pause = ShortestPause;
        do
        {
            await Task.Delay(pause, time);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
        while (!ended && !TryOpen(poller, path));
    }

    /// <summary>False while nobody reads.</summary>
    private bool TryOpen(PipePoller poller, string path)
    {
        try
        {
            var fifo = Fifo.OpenWrite(poller, path);
            if (!opened.TrySetResult(fifo)) fifo.Dispose();
            return true;
        }
        catch (LinuxException error) when (error.Errno == Errno.ENXIO)
        {
            return false;
        }
        catch (LinuxException error) when (error.Errno == Errno.ENOENT)
        {
            opened.TrySetResult(null);   // the process has ended
            return true;
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            if (await opened.Task.WaitAsync(cancel) is { } fifo)
                await fifo.WriteAsync(data, cancel);
        }
        finally
        {
            writing.Release();
        }
    }

    public async Task CloseAsync()
    {
        await writing.WaitAsync();
        try
        {
            // The runtime knows the process by its container: what is left of one that has ended must not close the next one's input.
            if (await opened.Task is not { } fifo || ended)
                return;
            fifo.Dispose();
            await closeAtRuntime();
        }
        finally
        {
            writing.Release();
        }
    }

    public void End()
    {
        ended = true;
        if (!opened.TrySetResult(null))
            opened.Task.Result?.Dispose();
    }
}
