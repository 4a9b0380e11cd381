using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Skein.Manager.Etcd;
using Skein.Model.Identity;

namespace Skein.Manager.Store;

/// <summary>
/// One connection to this manager's own etcd member, over its unix socket and mutual TLS. Each manager speaks only to its own
/// member: a member that has lost the majority answers nothing, and that is what the caller must learn.
/// </summary>
public sealed class EtcdClient : IDisposable
{
    private readonly GrpcChannel _channel;

    public EtcdClient(string socketPath, NodeIdentity identity)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            // TLS is begun here, and not by the handler: what that presents stands fixed from its first connection on.
            ConnectCallback = (_, cancel) => ConnectAsync(socketPath, identity, cancel),
        };
        _channel = GrpcChannel.ForAddress("http://etcd", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            // A member that restarts is back within a second; gRPC's own back-off grows to two minutes.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(250),
        });
        Kv = new(_channel);
        Watch = new(_channel);
        Members = new(_channel);
        Maintenance = new(_channel);
    }

    internal KV.KVClient Kv { get; }

    internal Etcd.Watch.WatchClient Watch { get; }

    internal Etcd.Cluster.ClusterClient Members { get; init; }

    internal Maintenance.MaintenanceClient Maintenance { get; }

    /// <summary>Whether the failure may pass by itself: no leader at the moment, a member restarting, a queue that is full.</summary>
    internal static bool IsTransient(RpcException e) =>
        e.StatusCode is StatusCode.Unavailable or StatusCode.Internal || IsLate(e)
        // gRPC says so too, of a message that is too large, and always will.
        || (e.StatusCode == StatusCode.ResourceExhausted && e.Status.Detail.StartsWith("etcdserver:", StringComparison.Ordinal));

    /// <summary>It has not answered before the deadline, on this or on its side of the call.</summary>
    internal static bool IsLate(RpcException e) =>
        e.StatusCode == StatusCode.DeadlineExceeded
        || (e.StatusCode == StatusCode.Unknown && e.Status.Detail.Contains("context deadline exceeded", StringComparison.Ordinal));

    /// <summary>etcd's data has reached its quota; <see cref="EtcdUpkeep"/> makes room where it can.</summary>
    internal static bool IsOutOfSpace(RpcException e) =>
        e.StatusCode == StatusCode.ResourceExhausted && e.Status.Detail.Contains("database space exceeded", StringComparison.Ordinal);

    /// <summary>For the log: a call that had no answer in time fails without a word of detail.</summary>
    internal static string Reason(Exception e) => e switch
    {
        RpcException { Status.Detail.Length: > 0 } told => told.Status.Detail,
        RpcException silent => silent.StatusCode.ToString(),
        _ => e.Message,
    };

    public void Dispose() => _channel.Dispose();

    private static async ValueTask<Stream> ConnectAsync(string socketPath, NodeIdentity identity, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(identity.ClientOptionsOnce("etcd"), cancel);
            return tls;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
