using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Pipes;

/// <summary>One end of a named pipe, read or written without blocking a thread. Not for two readers (or writers) at once.</summary>
public sealed class Fifo : IDisposable
{
    private readonly PipePoller poller;
    private readonly SafeFileHandle file;
    private readonly string path;
    private readonly ulong token;
    private int disposed;

    private Fifo(PipePoller poller, string path, int flags)
    {
        this.poller = poller;
        this.path = path;
        var descriptor = PipeCalls.open(path, flags | PipeCalls.O_NONBLOCK | PipeCalls.O_CLOEXEC, 0);
        if (descriptor < 0)
            throw LinuxException.Last($"open {path}");
        file = new SafeFileHandle(descriptor, ownsHandle: true);
        token = poller.Register(file);
    }

    /// <summary>Makes the pipe, for its owner alone. One that is there already is a success.</summary>
    public static void Create(string path)
    {
        if (PipeCalls.mkfifo(path, 0b110_000_000) < 0)
        {
            var error = LinuxException.Last($"mkfifo {path}");
            if (error.Errno != Errno.EEXIST)
                throw error;
        }
    }

    /// <summary>Succeeds before anyone has opened it for writing; reading then waits for the first writer.</summary>
    public static Fifo OpenRead(PipePoller poller, string path) => new(poller, path, PipeCalls.O_RDONLY);

    /// <summary>Fails with ENXIO as long as nobody has it open for reading.</summary>
    public static Fifo OpenWrite(PipePoller poller, string path) => new(poller, path, PipeCalls.O_WRONLY);

    /// <summary>The number of bytes read; 0 when every writer has closed its end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        // Waiting comes first: before the first writer has opened the pipe, a read would answer 0, as at the end.
        while (true)
        {
            await poller.WaitAsync(file, token, PipeCalls.EPOLLIN, cancel);
            if (TryRead(buffer.Span, out var count))
                return count;
        }
    }

    /// <summary>LinuxException with EPIPE when the reader is gone.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        while (data.Length > 0)
        {
            if (TryWrite(data.Span, out var count))
                data = data[count..];
            else
                await poller.WaitAsync(file, token, PipeCalls.EPOLLOUT, cancel);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        poller.Unregister(file, token);
        file.Dispose();
    }

    private unsafe bool TryRead(Span<byte> buffer, out int count)
    {
        fixed (byte* start = buffer)
            count = (int)PipeCalls.read(file, start, (nuint)buffer.Length);
        return count >= 0 || WouldBlock("read");
    }

    private unsafe bool TryWrite(ReadOnlySpan<byte> data, out int count)
    {
        fixed (byte* start = data)
            count = (int)PipeCalls.write(file, start, (nuint)data.Length);
        return count >= 0 || WouldBlock("write");
    }

    private bool WouldBlock(string operation)
    {
        var error = LinuxException.Last($"{operation} {path}");
        return error.Errno is Errno.EAGAIN or Errno.EINTR ? false : throw error;
    }
}
