using System.IO.Pipelines;
using Skein.Agent.Streams;

namespace Skein.Api.Builds;

/// <summary>A connection's two pipes as the stream that an HTTP client speaks over.</summary>
internal sealed class DuplexStream(PipeReader input, PipeWriter output) : SequentialStream
{
    private readonly Stream _input = input.AsStream(leaveOpen: true);
    private readonly Stream _output = output.AsStream(leaveOpen: true);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When the other side has closed, or the client here has done with it.</summary>
    public Task Ended => _ended.Task;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await _input.ReadAsync(buffer, cancellationToken);
            // To be asked for no bytes is to be asked whether some are there.
            if (count == 0 && buffer.Length > 0) _ended.TrySetResult();
            return count;
        }
        catch
        {
            _ended.TrySetResult();
            throw;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _output.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        _ended.TrySetResult();
        base.Dispose(disposing);
    }
}
