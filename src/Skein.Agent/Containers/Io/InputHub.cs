using Skein.Linux;
using Skein.Linux.Pipes;

namespace Skein.Agent.Containers.Io;

/// <summary>
/// A process's standard input, which whoever is attached may write to before the process has started: the bytes wait for it.
/// </summary>
internal sealed class InputHub
{
    private readonly SemaphoreSlim writing = new(1);
    private TaskCompletionSource<Fifo?> opened = NewSource();
    private Func<Task> closeAtRuntime = () => Task.CompletedTask;

    /// <param name="close">Tells the runtime to let go of its own writing end: the process reads its end of file only then.</param>
    public void Open(PipePoller poller, string path, Func<Task> close)
    {
        closeAtRuntime = close;
        try
        {
            opened.TrySetResult(Fifo.OpenWrite(poller, path));
        }
        catch (LinuxException error) when (error.Errno is Errno.ENXIO or Errno.ENOENT)
        {
            // No reader: the process has closed its input, or ended.
            opened.TrySetResult(null);
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
            if (await opened.Task is not { } fifo)
                return;
            fifo.Dispose();
            await closeAtRuntime();
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>The process has ended; the next one's input is waited for anew.</summary>
    public void Reset()
    {
        var old = Interlocked.Exchange(ref opened, NewSource());
        if (!old.TrySetResult(null))
            old.Task.Result?.Dispose();
    }

    private static TaskCompletionSource<Fifo?> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
