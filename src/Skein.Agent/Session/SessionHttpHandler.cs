using System.Net.Security;

namespace Skein.Agent.Session;

/// <summary>
/// The HTTP/2 connection under a session. A host whose power is cut sends no FIN and no RST: nothing but timeouts notices.
/// </summary>
public static class SessionHttpHandler
{
    public static SocketsHttpHandler Create(SslClientAuthenticationOptions? tls, TimeSpan? connect = null)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = connect ?? TimeSpan.FromSeconds(1),
            KeepAlivePingDelay = TimeSpan.FromSeconds(1),
            // Beats find a dead manager sooner; a starved one, which beats are patient with, must not be cut off by this.
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseProxy = false,
        };
        if (tls is not null) handler.SslOptions = tls;
        return handler;
    }
}
