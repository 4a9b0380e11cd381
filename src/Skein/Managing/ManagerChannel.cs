using Grpc.Net.Client;
using Skein.Model.Identity;
using Skein.Model.Validation;

namespace Skein.Managing;

/// <summary>The way to a manager's port for what may last and be large: a session, logs. Who opens it disposes it.</summary>
internal static class ManagerChannel
{
    /// <param name="connect">For the connection with its handshake; null = a second, after which a healthy host is taken for one that is off.</param>
    public static GrpcChannel Open(string addr, NodeIdentity identity, TimeSpan? connect = null) => GrpcChannel.ForAddress($"https://{addr}", new GrpcChannelOptions
    {
        HttpHandler = new CertifiedConnections(identity, connect),
        DisposeHttpClient = true,
        MaxReceiveMessageSize = MessageBounds.Most,
        CompressionProviders = [],
    });
}
