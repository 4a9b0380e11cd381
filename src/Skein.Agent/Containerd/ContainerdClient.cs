using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Skein.Agent.Containerd.ContentApi;
using Skein.Agent.Containerd.DiffApi;
using Skein.Agent.Containerd.EventsApi;
using Skein.Agent.Containerd.IntrospectionApi;
using Skein.Agent.Containerd.LeasesApi;
using Skein.Agent.Containerd.NamespacesApi;
using Skein.Agent.Containerd.SnapshotsApi;

namespace Skein.Agent.Containerd;

/// <summary>
/// containerd's services over its unix socket, in one of its namespaces. One connection serves all calls; it is opened by
/// the first and again after containerd was restarted.
/// </summary>
public sealed class ContainerdClient : IDisposable
{
    public const string DefaultNamespace = "skein";

    /// <summary>The snapshotter for images and containers alike.</summary>
    public const string Snapshotter = "overlayfs";

    // containerd's own limit for a message, in both directions.
    private const int MaxMessageBytes = 16 << 20;

    private readonly GrpcChannel channel;
    private readonly bool ownsChannel;

    public ContainerdClient(string socketPath, string @namespace = DefaultNamespace)
        : this(Connect(socketPath), socketPath, @namespace, lease: null, ownsChannel: true)
    {
    }

    private ContainerdClient(GrpcChannel channel, string socketPath, string @namespace, string? lease, bool ownsChannel)
    {
        SocketPath = socketPath;
        this.channel = channel;
        this.ownsChannel = ownsChannel;
        Namespace = @namespace;
        var invoker = channel.Intercept(headers =>
        {
            headers.Add("containerd-namespace", @namespace);
            if (lease is not null)
                headers.Add("containerd-lease", lease);
            return headers;
        }).Intercept(new ContainerdErrors(socketPath)).Intercept(new TaskDeadlines(TimeProvider.System));
        Containers = new ContainersApi.Containers.ContainersClient(invoker);
        Content = new Content.ContentClient(invoker);
        Diff = new Diff.DiffClient(invoker);
        Events = new Events.EventsClient(invoker);
        Images = new ImagesApi.Images.ImagesClient(invoker);
        Introspection = new Introspection.IntrospectionClient(invoker);
        Leases = new Leases.LeasesClient(invoker);
        Namespaces = new Namespaces.NamespacesClient(invoker);
        Snapshots = new Snapshots.SnapshotsClient(invoker);
        Tasks = new TasksApi.Tasks.TasksClient(invoker);
        Version = new VersionApi.Version.VersionClient(invoker);
    }

    public string SocketPath { get; }

    public string Namespace { get; }

    internal ContainersApi.Containers.ContainersClient Containers { get; }

    internal Content.ContentClient Content { get; }

    internal Diff.DiffClient Diff { get; }

    internal Events.EventsClient Events { get; }

    internal ImagesApi.Images.ImagesClient Images { get; }

    internal Introspection.IntrospectionClient Introspection { get; }

    internal Leases.LeasesClient Leases { get; }

    internal Namespaces.NamespacesClient Namespaces { get; }

    internal Snapshots.SnapshotsClient Snapshots { get; }

    internal TasksApi.Tasks.TasksClient Tasks { get; }

    internal VersionApi.Version.VersionClient Version { get; }

    /// <summary>The same connection; what its calls make is held by this lease. Not to be disposed on its own.</summary>
    public ContainerdClient WithLease(string lease) => new(channel, SocketPath, Namespace, lease, ownsChannel: false);

    /// <summary>containerd's version, e.g. "1.6.20~ds1", and the commit it was built from; throws RpcException (Unavailable) when nothing answers at the socket.</summary>
    public async Task<(string Version, string Revision)> VersionAsync(CancellationToken cancel)
    {
        var said = await Version.VersionAsync(new Google.Protobuf.WellKnownTypes.Empty(), cancellationToken: cancel);
        return (said.Version, said.Revision);
    }

    /// <summary>Waits until containerd answers, as it does some 50 to 500 ms after its start; TimeoutException names the last answer.</summary>
    public async Task WaitUntilServingAsync(TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await VersionAsync(cancel);
                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
            {
                if (time.GetElapsedTime(began) > patience)
                    throw new TimeoutException($"containerd did not answer within {patience.TotalSeconds} s: {error.Status.Detail}", error);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancel);
        }
    }

    public void Dispose()
    {
        if (ownsChannel)
            channel.Dispose();
    }

    private static GrpcChannel Connect(string socketPath)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = true,
            // An error comes in the headers behind an answer, and what a container's command is called stands in it. Whatever is longer
            // than we say that we take, containerd never sends: the call would wait for its deadline.
            MaxResponseHeadersLength = MaxMessageBytes >> 10,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return GrpcChannel.ForAddress("http://containerd.local", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
            // A broken containerd is asked again soon: containers run on without it, but exits wait to be noticed.
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
        });
    }
}
