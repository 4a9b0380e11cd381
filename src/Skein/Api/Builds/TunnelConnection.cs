using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Skein.Api.Builds;

/// <summary>A connection that speaks HTTP/2 from here on, over bytes that came in by another way than a socket of its own.</summary>
internal sealed class TunnelConnection : ConnectionContext
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TunnelConnection(string id, IDuplexPipe transport, IGrpcCalls calls)
    {
        (ConnectionId, Transport) = (id, transport);
        Features.Set(calls);
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    /// <summary>When Kestrel has done with it.</summary>
    public Task Ended => _ended.Task;

    // A read that waits is what has to end; whoever owns the bytes closes them.
    public override void Abort(ConnectionAbortedException abortReason) => Transport.Input.CancelPendingRead();

    public override ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
