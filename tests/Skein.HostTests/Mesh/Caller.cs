using System.Net;
using System.Net.Sockets;
using System.Text;
using Skein.Linux.Namespaces;

namespace Skein.HostTests.Mesh;

/// <summary>A client in a namespace.</summary>
internal static class Caller
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>What the server says first.</summary>
    public static async Task<string> TcpAsync(NetworkNamespace from, string address, int port)
    {
        using var socket = await ConnectAsync(from, address, port);
        return await ReadAsync(socket, $"tcp {address}:{port}");
    }

    public static async Task<Socket> ConnectAsync(NetworkNamespace from, string address, int port)
    {
        var socket = NamespaceSockets.Open(from, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await WithinAsync(socket.ConnectAsync(IPAddress.Parse(address), port), $"connect {address}:{port}");
        return socket;
    }

    public static async Task<string> UdpAsync(NetworkNamespace from, string address, int port)
    {
        using var socket = NamespaceSockets.Open(from, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(IPAddress.Parse(address), port);
        await socket.SendAsync("x"u8.ToArray());
        return await ReadAsync(socket, $"udp {address}:{port}");
    }

    public static async Task<string> ReadAsync(Socket socket, string what)
    {
        var buffer = new byte[200];
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{what}: nothing came within {Limit}");
        }
    }

    private static async Task WithinAsync(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what}: not within {Limit}");
        }
    }
}
