using System.Net.Sockets;
using System.Text;
using Grpc.Net.Client;

namespace Skein.Api.Builds;

/// <summary>The host's BuildKit, which builds images here; it is another program, and may be absent.</summary>
internal sealed class BuildKit : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private const int MostOfHeaders = 1 << 20;

    private readonly HttpMessageInvoker _http;
    private readonly GrpcChannel _channel;

    public BuildKit(string socket)
    {
        Socket = socket;
        _http = new(HttpOver(async cancel => await ConnectAsync(socket, cancel)));
        _channel = GrpcChannel.ForAddress("http://localhost", new() { HttpHandler = HttpOver(async cancel => await ConnectAsync(socket, cancel)), DisposeHttpClient = true });
        Calls = new(_http, $"BuildKit at unix://{socket}");
        Control = new(_channel);
    }

    public string Socket { get; }

    /// <summary>Whether it is installed; whether it answers shows when it is asked.</summary>
    public bool IsThere => File.Exists(Socket);

    /// <summary>What a client is told that wants to build on a host without one.</summary>
    public string Absent =>
        $"this host has no BuildKit to build with: install and start buildkitd, which is looked for at unix://{Socket} (\"buildkit\" in daemon.json names another place)";

    public GrpcForwarder Calls { get; }

    public Protocol.Control.ControlClient Control { get; }

    /// <summary>HTTP/2 from its first byte over connections made this way.</summary>
    public static SocketsHttpHandler HttpOver(Func<CancellationToken, ValueTask<Stream>> connect) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = s_patience,
        // Behind an answer stands why a build failed, with the lines of its Dockerfile: what is longer than this is never sent, and is waited for.
        MaxResponseHeadersLength = MostOfHeaders >> 10,
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ConnectCallback = async (_, cancel) => new HeaderPartingStream(await connect(cancel)),
    };

    public void Dispose()
    {
        _channel.Dispose();
        _http.Dispose();
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
