using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Pipes;

/// <summary>
/// One thread that waits for all FIFOs of the daemon. .NET has no asynchronous read of a FIFO: it would block a pool
/// thread for each, two for every container.
/// </summary>
public sealed unsafe class PipePoller : IDisposable
{
    private readonly SafeFileHandle epoll;
    private readonly SafeFileHandle stop;
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource> waiting = new();
    private readonly Thread thread;
    private ulong lastToken;
    private volatile bool stopping;

    public PipePoller()
    {
        epoll = new SafeFileHandle(Check("epoll_create1", PipeCalls.epoll_create1(PipeCalls.O_CLOEXEC)), ownsHandle: true);
        stop = new SafeFileHandle(Check("eventfd", PipeCalls.eventfd(0, PipeCalls.O_CLOEXEC)), ownsHandle: true);
        Control(PipeCalls.EPOLL_CTL_ADD, stop, PipeCalls.EPOLLIN, 0);
        thread = new Thread(Run, maxStackSize: 128 << 10) { IsBackground = true, Name = "fifos" };
        thread.Start();
    }

    public void Dispose()
    {
        if (stopping)
            return;
        stopping = true;
        ulong one = 1;
        PipeCalls.write(stop, (byte*)&one, sizeof(ulong));
        thread.Join();
        epoll.Dispose();
        stop.Dispose();
        foreach (var source in waiting.Values)
            source.TrySetCanceled();
    }

    internal ulong Register(SafeFileHandle file)
    {
        var token = Interlocked.Increment(ref lastToken);
        Control(PipeCalls.EPOLL_CTL_ADD, file, 0, token);
        return token;
    }

    internal void Unregister(SafeFileHandle file, ulong token)
    {
        if (!stopping)
            Control(PipeCalls.EPOLL_CTL_DEL, file, 0, token);
        if (waiting.TryRemove(token, out var source))
            source.TrySetCanceled();
    }

    /// <summary>Completes when the file can be read (or written), or its other end was closed. One wait per file at a time.</summary>
    internal Task WaitAsync(SafeFileHandle file, ulong token, uint events, CancellationToken cancel)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[token] = source;
        Control(PipeCalls.EPOLL_CTL_MOD, file, events | PipeCalls.EPOLLONESHOT, token);
        return cancel.CanBeCanceled ? source.Task.WaitAsync(cancel) : source.Task;
    }

    private void Run()
    {
        const int Capacity = 64;
        var buffer = stackalloc byte[Capacity * PipeCalls.EventSize];
        while (!stopping)
        {
            var count = PipeCalls.epoll_wait(epoll, buffer, Capacity, -1);
            for (var i = 0; i < count; i++)
            {
                var token = *(ulong*)(buffer + i * PipeCalls.EventSize + PipeCalls.EventDataOffset);
                if (waiting.TryRemove(token, out var source))
                    source.TrySetResult();
            }
        }
    }

    private void Control(int operation, SafeFileHandle file, uint events, ulong token)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = events | (operation == PipeCalls.EPOLL_CTL_ADD && token != 0 ? PipeCalls.EPOLLONESHOT : 0);
        *(ulong*)(entry + PipeCalls.EventDataOffset) = token;
        Check("epoll_ctl", PipeCalls.epoll_ctl(epoll, operation, file, entry));
    }

    private static int Check(string operation, int result) => result >= 0 ? result : throw LinuxException.Last(operation);
}
