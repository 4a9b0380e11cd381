using System.Net;
using System.Net.Sockets;
using System.Text;
using Skein.Linux.Namespaces;

namespace Skein.HostTests.Mesh;

/// <summary>A client in a namespace.</summary>
internal static class Caller
{
    /// <summary>What the server says first.</summary>
    public static async Task<string> TcpAsync(NetworkNamespace from, string address, int port)
    {
        using var socket = await ConnectAsync(from, address, port);
        return await ReadAsync(socket, $"tcp {address}:{port}");
    }

    /// <param name="limit">For a connection that is not to come about.</param>
    /// <param name="own">Address and port to call from.</param>
    public static async Task<Socket> ConnectAsync(NetworkNamespace from, string address, int port, TimeSpan? limit = null, IPEndPoint? own = null)
    {
        var socket = NamespaceSockets.Open(from, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (own is not null)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(own);
            }
            await socket.ConnectAsync(IPAddress.Parse(address), port).WaitAsync(limit ?? Poll.Patience);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>One that keeps its port, and with it its flow.</summary>
    public static async Task<Socket> UdpSocketAsync(NetworkNamespace from, string address, int port)
    {
        var socket = NamespaceSockets.Open(from, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(IPAddress.Parse(address), port);
        return socket;
    }

    public static async Task<string> UdpAsync(NetworkNamespace from, string address, int port)
    {
        using var socket = await UdpSocketAsync(from, address, port);
        await socket.SendAsync("x"u8.ToArray());
        return await ReadAsync(socket, $"udp {address}:{port}");
    }

    /// <summary>Sends a datagram of which it does not matter whether anybody takes it.</summary>
    public static async Task SendAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync("x"u8.ToArray());
        }
        catch (SocketException)
        {
            // An earlier one was refused.
        }
    }

    /// <summary>Sends until something comes back: a datagram that meets nobody is lost, or refused.</summary>
    public static Task<string> AnsweredAsync(Socket socket, string what) => Poll.UntilAsync(
        $"{what} answers",
        async () =>
        {
            await SendAsync(socket);
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            var buffer = new byte[200];
            try
            {
                return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, soon.Token));
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                return "";
            }
        },
        answer => answer.Length > 0);

    public static async Task<string> ReadAsync(Socket socket, string what)
    {
        var buffer = new byte[200];
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Poll.Soon));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{what}: nothing came within {Poll.Patience}");
        }
    }
}
