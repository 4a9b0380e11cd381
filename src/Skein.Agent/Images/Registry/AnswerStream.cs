using Skein.Agent.Streams;

namespace Skein.Agent.Images.Registry;

/// <summary>
/// What a registry sends. A host whose power is cut says nothing and breaks no connection: silence for too long is an error
/// here, or the pull, and the download slot it has, would be held for ever.
/// </summary>
internal sealed class AnswerStream(Stream answer, TimeSpan patience, TimeProvider time) : ReadOnlyStream
{
    public override int Read(Span<byte> buffer) => throw new NotSupportedException("read asynchronously only");

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await answer.ReadAsync(buffer, either.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"the registry sent nothing for {patience.TotalSeconds:0} s", error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) answer.Dispose();
        base.Dispose(disposing);
    }
}
