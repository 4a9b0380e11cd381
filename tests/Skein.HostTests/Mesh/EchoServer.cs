using System.Net;
using System.Net.Sockets;
using System.Text;
using Skein.Linux.Namespaces;

namespace Skein.HostTests.Mesh;

/// <summary>Listens in a namespace, on all addresses unless told otherwise, TCP and UDP, and tells each caller "NAME sees ADDRESS"; then echoes lines.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly string _name;
    private readonly Socket _tcp;
    private readonly Socket _udp;

    /// <param name="on">The one address to listen on; null = all.</param>
    public EchoServer(NetworkNamespace space, string name, int port = 80, IPAddress? on = null)
    {
        _name = name;
        _tcp = NamespaceSockets.ListenTcp(space, new IPEndPoint(on ?? IPAddress.Any, port));
        _udp = NamespaceSockets.BindUdp(space, new IPEndPoint(on ?? IPAddress.Any, port));
        _ = AcceptAsync();
        _ = ReceiveAsync();
    }

    public void Dispose()
    {
        _tcp.Dispose();
        _udp.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _tcp.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using (socket)
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(Text(socket.RemoteEndPoint!)));
                var buffer = new byte[100];
                while (await socket.ReceiveAsync(buffer) is > 0 and var length) await socket.SendAsync(buffer.AsMemory(0, length));
            }
        }
        catch (SocketException)
        {
            // The client went away.
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            var buffer = new byte[100];
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, _udp.LocalEndPoint!);
                await _udp.SendToAsync(Encoding.ASCII.GetBytes(Text(received.RemoteEndPoint)), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private string Text(EndPoint client) => $"{_name} sees {((IPEndPoint)client).Address}";
}
