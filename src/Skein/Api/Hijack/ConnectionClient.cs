using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Skein.Agent.Containers;
using Skein.Api.Containers;

namespace Skein.Api.Hijack;

/// <summary>A client on a taken-over connection: raw with a terminal, multiplexed without.</summary>
internal sealed class ConnectionClient(PipeReader input, PipeWriter output, bool tty) : IAttachedClient
{
    public async Task<bool> TypeAsync(Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancel)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancel);
            foreach (var piece in read.Buffer) await take(piece);
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return true;
        }
    }

    public async ValueTask<bool> ShowAsync(LogStream stream, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        if (tty) output.Write(content.Span);
        else StreamFrames.WriteFrame(output, stream, content.Span);
        try
        {
            return !(await output.FlushAsync(cancel)).IsCompleted;
        }
        catch (IOException)
        {
            return false;   // the connection was reset
        }
    }

    /// <summary>A terminal's stream has no place for it but among the output, on a line of its own.</summary>
    public ValueTask<bool> TellAsync(string words, CancellationToken cancel) =>
        ShowAsync(StreamFrames.Daemon, Encoding.UTF8.GetBytes(tty ? $"\r\n{words}\r\n" : words), cancel);

    /// <summary>Whoever took the connection over closes it.</summary>
    public Task TakeLeaveAsync(CancellationToken cancel) => Task.CompletedTask;
}
