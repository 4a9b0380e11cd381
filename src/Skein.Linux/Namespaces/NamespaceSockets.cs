using System.Net;
using System.Net.Sockets;

namespace Skein.Linux.Namespaces;

/// <summary>Sockets that live in a namespace. They are made on a thread inside it and serve from any thread.</summary>
public static class NamespaceSockets
{
    /// <summary>Port 0 lets the kernel choose; the socket's LocalEndPoint then tells.</summary>
    /// <exception cref="SocketException">AddressAlreadyInUse, AddressNotAvailable (loopback is down) and so on.</exception>
    public static Socket BindUdp(NetworkNamespace space, IPEndPoint local) =>
        space.Run(() => Bound(SocketType.Dgram, ProtocolType.Udp, local));

    public static Socket ListenTcp(NetworkNamespace space, IPEndPoint local, int backlog = 64) => space.Run(() =>
    {
        var socket = Bound(SocketType.Stream, ProtocolType.Tcp, local);
        socket.Listen(backlog);
        return socket;
    });

    /// <summary>A socket of any kind, not bound: to connect from inside the namespace.</summary>
    public static Socket Open(NetworkNamespace space, AddressFamily family, SocketType type, ProtocolType protocol) =>
        space.Run(() => new Socket(family, type, protocol));

    private static Socket Bound(SocketType type, ProtocolType protocol, IPEndPoint local)
    {
        var socket = new Socket(local.AddressFamily, type, protocol);
        try
        {
            socket.Bind(local);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
