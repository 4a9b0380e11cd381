using System.Buffers;
using Skein.Agent.Containers;

namespace Skein.Api.Hijack;

/// <summary>
/// Carries a process's streams to and from a client. The client's half-close is the process's end of input; what it still
/// prints is delivered. A client that is gone is noticed at the next output, and left at once: what nobody reads would hold
/// the process up.
/// </summary>
internal static class StreamPump
{
    private const int BufferSize = 16 * 1024;

    // Containers outlive daemons (what was executed in them does not): who sees a stream end must not take that for the container's end.
    private const string LastWords = "the daemon stops, and this stream ends; the container goes on running";

    /// <param name="stopping">Fires when the daemon begins to stop: the client is told, and left.</param>
    public static async Task RunAsync(IContainerStreams streams, IAttachedClient client, DetachKeys keys, CancellationToken stopping, CancellationToken cancel)
    {
        using var gate = new SemaphoreSlim(1, 1);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var detached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stops = stopping.Register(left.SetResult);
        var stdin = PumpInputAsync(streams.Stdin, client, streams.Tty ? keys : null, detached, left.Task, ended);
        var outputs = PumpOutputsAsync(streams, client, gate, ended);
        try
        {
            var first = await Task.WhenAny(outputs, detached.Task, left.Task);
            await first;
            if (first == left.Task) await TellAsync(client, gate, ended.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The client is gone.
        }
        await client.TakeLeaveAsync(cancel);
        await ended.CancelAsync();
        await outputs.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stdin;
    }

    private static async Task TellAsync(IAttachedClient client, SemaphoreSlim gate, CancellationToken ended)
    {
        await gate.WaitAsync(ended);
        try
        {
            await client.TellAsync(LastWords, ended);
        }
        finally
        {
            gate.Release();
        }
    }

    private static async Task PumpOutputsAsync(IContainerStreams streams, IAttachedClient client, SemaphoreSlim gate, CancellationTokenSource ended)
    {
        await Task.WhenAll(
            PumpOutputAsync(streams.Stdout, LogStream.Stdout, client, gate, ended),
            PumpOutputAsync(streams.Stderr, LogStream.Stderr, client, gate, ended));
        await streams.Completion.WaitAsync(ended.Token);
    }

    private static async Task PumpInputAsync(Stream? stdin, IAttachedClient client, DetachKeys? keys, TaskCompletionSource detached, Task left, CancellationTokenSource ended)
    {
        var passed = new ArrayBufferWriter<byte>();
        var closed = false;
        try
        {
            if (!await client.TypeAsync(TakeAsync, ended.Token)) await ended.CancelAsync();
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The process has ended, or the client is gone: nothing more is to be carried in.
        }
        finally
        {
            // Its end of file may have to wait for the process to start: nobody waits here for that. A daemon that stops is not the input's
            // end: who reads it would end by that, and goes on instead.
            if (!left.IsCompleted) stdin?.Dispose();
        }

        // What the process takes no more is read all the same: what follows may be the client's leave.
        async ValueTask TakeAsync(ReadOnlyMemory<byte> piece)
        {
            if (stdin is null || detached.Task.IsCompleted) return;
            passed.ResetWrittenCount();
            var leaves = keys?.Pass(piece.Span, passed) ?? false;
            await WriteAsync(keys is null ? piece : passed.WrittenMemory);
            if (leaves) detached.SetResult();
        }

        async ValueTask WriteAsync(ReadOnlyMemory<byte> piece)
        {
            if (closed || piece.IsEmpty) return;
            try
            {
                await stdin.WriteAsync(piece, ended.Token);
                await stdin.FlushAsync(ended.Token);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                closed = true;
            }
        }
    }

    private static async Task PumpOutputAsync(Stream? source, LogStream stream, IAttachedClient client, SemaphoreSlim gate, CancellationTokenSource ended)
    {
        if (source is null) return;
        var buffer = new byte[BufferSize];
        int length;
        while ((length = await source.ReadAsync(buffer, ended.Token)) > 0)
        {
            await gate.WaitAsync(ended.Token);
            try
            {
                if (!await client.ShowAsync(stream, buffer.AsMemory(0, length), ended.Token)) await ended.CancelAsync();
            }
            finally
            {
                gate.Release();
            }
        }
    }
}
