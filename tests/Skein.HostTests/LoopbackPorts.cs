using System.Net;
using System.Net.Sockets;

namespace Skein.HostTests;

/// <summary>
/// Ports of 127.0.0.1 for a process to be started. Below the range from which the kernel takes the near end of connections
/// (/proc/sys/net/ipv4/ip_local_port_range, from 32768): a port of that range is free when looked at and another's at the bind.
/// </summary>
internal static class LoopbackPorts
{
    private const int First = 10000;
    private const int End = 30000;
    private static int s_next = Random.Shared.Next(First, End);

    /// <summary>The first of <paramref name="count"/> free ports that follow one another; given out once in this process.</summary>
    public static int Take(int count = 1)
    {
        while (true)
        {
            var first = Interlocked.Add(ref s_next, count) - count;
            if (first + count > End) Interlocked.CompareExchange(ref s_next, First, first + count);
            else if (Enumerable.Range(first, count).All(IsFree)) return first;
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
