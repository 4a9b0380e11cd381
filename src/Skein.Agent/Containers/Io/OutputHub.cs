using System.IO.Pipelines;

namespace Skein.Agent.Containers.Io;

/// <summary>
/// One output stream and those attached to it. An attached reader that is 1 MiB behind holds the process up, as in Docker:
/// its output must not be lost, and it is whoever attached that decides to leave.
/// </summary>
internal sealed class OutputHub
{
    private static readonly PipeOptions Options = new(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false);

    private readonly Lock gate = new();
    private readonly List<Pipe> attached = [];

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
            var result = await pipe.Writer.WriteAsync(chunk);
            if (result.IsCompleted)
                Detach(pipe);
        }
    }

    /// <summary>The process has ended: attached readers reach their end after what they have not read yet.</summary>
    public void Complete()
    {
        foreach (var pipe in Attached())
            Detach(pipe);
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
