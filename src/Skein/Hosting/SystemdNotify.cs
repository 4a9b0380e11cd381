using System.Net.Sockets;
using System.Text;

namespace Skein.Hosting;

/// <summary>Tells systemd how far the daemon is, where the unit asks for it (Type=notify).</summary>
internal static class SystemdNotify
{
    public static void Ready() => Send("READY=1");

    public static void Stopping() => Send("STOPPING=1");

    private static void Send(string state)
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path)) return;
        if (path[0] == '@') path = '\0' + path[1..];   // an abstract socket
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            // Nobody listens: systemd will say so itself.
        }
    }
}
