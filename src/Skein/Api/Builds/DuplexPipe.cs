using System.IO.Pipelines;

namespace Skein.Api.Builds;

/// <summary>One end of a connection.</summary>
internal sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe
{
    /// <summary>Two ends; what is written to one is read at the other.</summary>
    public static (DuplexPipe, DuplexPipe) Pair()
    {
        var options = new PipeOptions(useSynchronizationContext: false);
        var (there, back) = (new Pipe(options), new Pipe(options));
        return (new(back.Reader, there.Writer), new(there.Reader, back.Writer));
    }

    public void Close()
    {
        Input.Complete();
        Output.Complete();
    }
}
