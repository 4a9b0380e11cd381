using Skein.Linux;
using Skein.Linux.Pipes;

namespace Skein.Agent.Containers.Io;

/// <summary>One process's input, which whoever is attached may write to before the process has started: the bytes wait for it.</summary>
internal sealed class InputRun
{
    private readonly SemaphoreSlim writing = new(1);
    // With null when there is nobody (any more) who reads.
    private readonly TaskCompletionSource<Fifo?> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<Task> closeAtRuntime = () => Task.CompletedTask;
    private volatile bool ended;

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
