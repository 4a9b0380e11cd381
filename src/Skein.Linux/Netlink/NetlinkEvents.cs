using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Skein.Linux.Namespaces;

namespace Skein.Linux.Netlink;

/// <summary>
/// Tells that something of a namespace has changed: devices, addresses, routes, neighbour and forwarding tables, or nftables.
/// What has changed is not told: whoever is told compares whole tables, and a lost event (ENOBUFS) then costs nothing.
/// </summary>
public sealed class NetlinkEvents : IDisposable
{
    private const int Links = 1, Neighbours = 3, IPv4Addresses = 5, IPv4Routes = 7;
    private const int NetfilterProtocol = 12, Nftables = 7;
    private const int ReceiveBufferBytes = 1 << 20;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 << 10];

    private NetlinkEvents(Socket socket) => _socket = socket;

    /// <summary>All of rtnetlink that is named above.</summary>
    public static NetlinkEvents Subscribe(NetworkNamespace space) => Subscribe(space, 0, [Links, Neighbours, IPv4Addresses, IPv4Routes]);

    /// <summary>Devices and IPv4 addresses: a host's neighbour table changes all the time.</summary>
    public static NetlinkEvents SubscribeDevices(NetworkNamespace space) => Subscribe(space, 0, [Links, IPv4Addresses]);

    /// <summary>IPv4 addresses and routes.</summary>
    public static NetlinkEvents SubscribeRoutes(NetworkNamespace space) => Subscribe(space, 0, [IPv4Addresses, IPv4Routes]);

    /// <summary>Any transaction of nftables.</summary>
    public static NetlinkEvents SubscribeNftables(NetworkNamespace space) => Subscribe(space, NetfilterProtocol, [Nftables]);

    private static NetlinkEvents Subscribe(NetworkNamespace space, int protocol, int[] groups) => new(space.Run(() =>
    {
        using var handle = NetlinkCalls.Open(ReceiveBufferBytes, protocol);
        foreach (var group in groups) NetlinkCalls.Join(handle, group);
        var fd = handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return new Socket(new SafeSocketHandle(fd, ownsHandle: true));
    }));

    /// <summary>Completes at the next change, with all that is waiting to be read taken away.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        try
        {
            await _socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None, cancel);
            while (_socket.Poll(0, SelectMode.SelectRead)) _socket.Receive(_buffer, SocketFlags.None);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            // Events were lost: that is a change as well.
        }
    }

    public void Dispose() => _socket.Dispose();
}
