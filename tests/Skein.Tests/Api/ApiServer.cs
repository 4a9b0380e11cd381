using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers;
using Skein.Agent.Session;
using Skein.Agent.Standalone;
using Skein.Api;
using Skein.Hosting;
using Skein.Managing;
using Skein.Model;
using Skein.NodeLife;
using Skein.Tests.Orchestration;
using Skein.Tests.Tasks;

namespace Skein.Tests.Api;

/// <summary>The whole API on a unix socket of its own, over containers and images that are none. Spoken to byte by byte, as no client library does.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-api-").FullName;
    private readonly WebApplication _app;

    private ApiServer(ISwarmNode swarm, TimeSpan? idle, bool debug)
    {
        var identity = new EngineIdentity("id", "h1", "1", "", _folder, "/skein", [], ["http://mirror:5000"], ["192.0.2.0/24", "plain:5000"], "") { Debug = debug, BuildKitSocket = BuildKitSocket };
        var bridges = new FakeBridges(Path.Combine(_folder, "local-networks"));
        var api = new DockerApi(
            identity, Containers, new StandaloneContainers(Containers, Images, bridges, _folder, "/etc/resolv.conf", new CountedIds(), TimeProvider.System, NullLoggerFactory.Instance), Images, Networking, bridges, bridges, new AssignmentState(), swarm, new CountedIds(), TimeProvider.System, NullLoggerFactory.Instance);
        var builder = BareWeb.Create(NullLoggerFactory.Instance, TimeSpan.FromSeconds(1), kestrel =>
        {
            EngineListeners.Add(kestrel, [Address], api);
            kestrel.Limits.KeepAliveTimeout = idle ?? kestrel.Limits.KeepAliveTimeout;
        });
        api.AddTunnels(builder);
        _app = builder.Build();
        api.Map(_app);
    }

    /// <summary>One like any other, for tests that need some container.</summary>
    public static ContainerDefinition Container => new() { Id = "c1", Name = "c1", Spec = new() { Image = "httpd" } };

    public FakeContainerEngine Containers { get; } = new();

    public FakeImageStore Images { get; } = new();

    public FakeTaskNetworking Networking { get; } = new();

    public string Address => "unix://" + Socket;

    /// <summary>Where it looks for BuildKit; none is there unless a test puts one.</summary>
    public string BuildKitSocket => Path.Combine(_folder, "buildkitd.sock");

    private string Socket => Path.Combine(_folder, "docker.sock");

    public static async Task<ApiServer> StartAsync(ISwarmNode? swarm = null, TimeSpan? idle = null, bool debug = false)
    {
        var server = new ApiServer(swarm ?? new NoSwarm(), idle, debug);
        await server._app.StartAsync();
        return server;
    }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        return socket;
    }

    /// <summary>Sends these bytes and gives back all that the server says until it closes.</summary>
    public async Task<string> SayAsync(string request)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        return await ToEndAsync(socket);
    }

    /// <summary>Status and body of a request without a body of its own.</summary>
    public async Task<(int Status, string Body)> AskAsync(string method, string path)
    {
        var answer = await SayAsync($"{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        return (int.Parse(answer.Split(' ')[1]), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    public async Task<(int Status, string Body)> PostAsync(string path, string body, string contentType = "application/json")
    {
        var type = contentType.Length == 0 ? "" : $"Content-Type: {contentType}\r\n";
        var answer = await SayAsync($"POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{type}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        return (int.Parse(answer.Split(' ')[1]), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    public static async Task<string> ToEndAsync(Socket socket)
    {
        var (said, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (await socket.ReceiveAsync(buffer, Poll.Soon) is > 0 and var count) said.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset && said.Length > 0)
        {
            // It has answered, and closed with bytes of ours unread.
        }
        return said.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
