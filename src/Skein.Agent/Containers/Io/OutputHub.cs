using System.Buffers;
using System.IO.Pipelines;

namespace Skein.Agent.Containers.Io;

/// <summary>
/// One output stream and those attached to it. An attached reader that is 1 MiB behind holds the process up, as in Docker:
/// its output must not be lost, and it is whoever attached that decides to leave. It does not hold up the process's end.
/// </summary>
internal sealed class OutputHub
{
    private static readonly PipeOptions Options = new(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false);

    private readonly Lock gate = new();
    private readonly List<Pipe> attached = [];
    private volatile bool ending;

    /// <summary>What comes now are the last bytes.</summary>
    public bool Ending => ending;

    public Stream Attach()
    {
        var pipe = new Pipe(Options);
        lock (gate)
            attached.Add(pipe);
        return pipe.Reader.AsStream();
    }

    public async ValueTask PublishAsync(ReadOnlyMemory<byte> chunk)
    {
        foreach (var pipe in Attached())
        {
            if (ending)
            {
                // Shown by Complete.
                pipe.Writer.Write(chunk.Span);
                continue;
            }
            var result = await pipe.Writer.WriteAsync(chunk);
            if (result.IsCompleted)
                Detach(pipe);
        }
    }

    /// <summary>The process has ended: what is left of its output waits for slow readers in memory, and nobody waits for them.</summary>
    public void BeginEnding()
    {
        ending = true;
        foreach (var pipe in Attached())
            pipe.Writer.CancelPendingFlush();
    }

    /// <summary>Nothing more comes: attached readers reach their end after what they have not read yet.</summary>
    public void Complete()
    {
        foreach (var pipe in Attached())
            Detach(pipe);
        ending = false;
    }

    private Pipe[] Attached()
    {
        lock (gate)
            return attached.Count == 0 ? [] : [.. attached];
    }

    private void Detach(Pipe pipe)
    {
        lock (gate)
            attached.Remove(pipe);
        pipe.Writer.Complete();
    }
}
