using Grpc.Net.Client;
using Skein.Agent.Session;
using Skein.Model.Identity;
using Skein.Model.Validation;

namespace Skein.Hosting;

/// <summary>The way to a manager's port for what may last and be large: a session, logs. Who opens it disposes it.</summary>
internal static class ManagerChannel
{
    public static GrpcChannel Open(string addr, NodeIdentity identity) => GrpcChannel.ForAddress($"https://{addr}", new GrpcChannelOptions
    {
        HttpHandler = SessionHttpHandler.Create(identity.ClientOptions()),
        DisposeHttpClient = true,
        MaxReceiveMessageSize = MessageBounds.Most,
        CompressionProviders = [],
    });
}
