using System.IO.Pipelines;
using Skein.Agent.Containers;

namespace Skein.Api.Containers;

/// <summary>
/// Carries a process's streams over a taken-over connection: raw with a terminal, multiplexed without. The client's
/// half-close is the process's end of input; what it still prints is delivered. A client that is gone is noticed at the next
/// output, and left at once: what nobody reads would hold the process up.
/// </summary>
internal static class StreamPump
{
    private const int BufferSize = 16 * 1024;

    public static async Task RunAsync(IContainerStreams streams, PipeReader input, PipeWriter output, CancellationToken cancel)
    {
        using var gate = new SemaphoreSlim(1, 1);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var stdin = PumpInputAsync(streams.Stdin, input, ended.Token);
        try
        {
            await Task.WhenAll(
                PumpOutputAsync(streams.Stdout, streams.Tty ? null : LogStream.Stdout, output, gate, ended),
                PumpOutputAsync(streams.Stderr, LogStream.Stderr, output, gate, ended));
            await streams.Completion.WaitAsync(ended.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The client is gone.
        }
        await ended.CancelAsync();
        await stdin;
    }

    private static async Task PumpInputAsync(Stream? stdin, PipeReader input, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(cancel);
                foreach (var piece in read.Buffer)
                {
                    if (stdin is not null) await stdin.WriteAsync(piece, cancel);
                }
                if (stdin is not null && !read.Buffer.IsEmpty) await stdin.FlushAsync(cancel);
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) break;
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The process has ended or closed its input, or the client is gone: nothing more is to be carried in.
        }
        finally
        {
            // Its end of file may have to wait for the process to start: nobody waits here for that.
            stdin?.Dispose();
        }
    }

    private static async Task PumpOutputAsync(Stream? source, LogStream? frame, PipeWriter output, SemaphoreSlim gate, CancellationTokenSource ended)
    {
        if (source is null) return;
        var buffer = new byte[BufferSize];
        int length;
        while ((length = await source.ReadAsync(buffer, ended.Token)) > 0)
        {
            await gate.WaitAsync(ended.Token);
            try
            {
                if (frame is { } stream) StreamFrames.WriteFrame(output, stream, buffer.AsSpan(0, length));
                else output.Write(buffer.AsSpan(0, length));
                if (!await TryFlushAsync(output, ended.Token)) await ended.CancelAsync();
            }
            finally
            {
                gate.Release();
            }
        }
    }

    private static async Task<bool> TryFlushAsync(PipeWriter output, CancellationToken cancel)
    {
        try
        {
            return !(await output.FlushAsync(cancel)).IsCompleted;
        }
        catch (IOException)
        {
            return false;   // the connection was reset
        }
    }

    private static void Write(this PipeWriter output, ReadOnlySpan<byte> content)
    {
        content.CopyTo(output.GetSpan(content.Length));
        output.Advance(content.Length);
    }
}
