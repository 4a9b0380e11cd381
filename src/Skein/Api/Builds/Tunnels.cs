using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Skein.Api.Builds;

/// <summary>
/// How Kestrel's HTTP/2 is given connections that began as a request of another: what a client upgraded to h2c, and what BuildKit
/// sends through a stream of a call. Kestrel upgrades none itself, and takes connections from listeners alone.
/// </summary>
internal sealed class Tunnels : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly Channel<TunnelConnection> _waiting = Channel.CreateUnbounded<TunnelConnection>(new() { SingleReader = true });

    public EndPoint EndPoint { get; } = new TunnelEndPoint();

    /// <summary>Ends with the connection.</summary>
    public async Task ServeAsync(TunnelConnection connection)
    {
        if (!_waiting.Writer.TryWrite(connection)) throw new IOException("the daemon stops");
        await connection.Ended;
    }

    public bool CanBind(EndPoint endpoint) => endpoint is TunnelEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _waiting.Reader.WaitToReadAsync(cancellationToken) && _waiting.Reader.TryRead(out var connection) ? connection : null;

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out var left)) await left.DisposeAsync();
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
