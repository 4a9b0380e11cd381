using Skein.Agent.Session;
using Skein.Model.Identity;

namespace Skein.Managing;

/// <summary>
/// Each call goes over a connection that was made with the node's certificate of now: a manager looks at the certificate of the connection
/// that a call comes by, and the one that a session was begun with may be over since, or by a root that the swarm has left. What is open
/// stays on the connection that it was begun on.
/// </summary>
internal sealed class CertifiedConnections(NodeIdentity identity, TimeSpan? connect) : HttpMessageHandler
{
    private readonly Lock _lock = new();

    // The last one is for the calls that come, those before it for what lasts.
    private readonly List<HttpMessageInvoker> _made = [];
    private string _certificate = "";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        OfNow().SendAsync(request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            foreach (var made in _made) made.Dispose();
        }
        base.Dispose(disposing);
    }

    private HttpMessageInvoker OfNow()
    {
        lock (_lock)
        {
            // A root that is trusted alone leaves the certificate as it is.
            var now = identity.Current.Certificate.Thumbprint;
            if (_certificate == now) return _made[^1];
            _certificate = now;
            _made.Add(new(SessionHttpHandler.Create(identity.ClientOptions(), connect)));
            return _made[^1];
        }
    }
}
