using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Netlink;

/// <summary>The system calls under a netlink socket.</summary>
internal static partial class NetlinkCalls
{
    private const int AF_NETLINK = 16, SOCK_RAW = 3, SOCK_CLOEXEC = 0x80000, NETLINK_ROUTE = 0;
    private const int SOL_SOCKET = 1, SO_RCVTIMEO = 20, SO_RCVBUFFORCE = 33;
    private const int SOL_NETLINK = 270, NETLINK_ADD_MEMBERSHIP = 1, NETLINK_CAP_ACK = 10, NETLINK_EXT_ACK = 11, NETLINK_GET_STRICT_CHK = 12;

    /// <summary>A socket of the calling thread's namespace.</summary>
    public static SafeFileHandle Open(int receiveBufferBytes, int protocol = NETLINK_ROUTE)
    {
        var fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
        if (fd < 0) throw LinuxException.Last("open an rtnetlink socket");
        var handle = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            Set(handle, SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferBytes);
            Set(handle, SOL_NETLINK, NETLINK_CAP_ACK, 1);
            Set(handle, SOL_NETLINK, NETLINK_EXT_ACK, 1);
            Set(handle, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
            Bind(handle);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public static void Join(SafeFileHandle handle, int group) => Set(handle, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);

    public static unsafe void SetReceiveTimeout(SafeFileHandle handle, int seconds)
    {
        var timeval = stackalloc long[2];
        (timeval[0], timeval[1]) = (seconds, 0);
        if (setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, timeval, 16) != 0) throw LinuxException.Last("set an rtnetlink socket's time limit");
    }

    public static unsafe void Send(SafeFileHandle handle, ReadOnlySpan<byte> bytes, string operation)
    {
        fixed (byte* start = bytes)
        {
            while (send(handle, start, (nuint)bytes.Length, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last(operation);
            }
        }
    }

    /// <summary>The length of what came, or the negative error number: ENOBUFS and EAGAIN are for the caller to weigh.</summary>
    public static unsafe int Receive(SafeFileHandle handle, Span<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var length = recv(handle, start, (nuint)bytes.Length, 0);
                if (length >= 0) return (int)length;
                var errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.EINTR) return -errno;
            }
        }
    }

    private static unsafe void Bind(SafeFileHandle handle)
    {
        // struct sockaddr_nl { u16 family, u16 pad, u32 port, u32 groups }: port 0 lets the kernel choose.
        var address = stackalloc byte[12];
        new Span<byte>(address, 12).Clear();
        *(ushort*)address = AF_NETLINK;
        if (bind(handle, address, 12) != 0) throw LinuxException.Last("bind an rtnetlink socket");
    }

    private static unsafe void Set(SafeFileHandle handle, int level, int option, int value)
    {
        if (setsockopt(handle, level, option, &value, sizeof(int)) != 0) throw LinuxException.Last($"set option {option} of an rtnetlink socket");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int bind(SafeFileHandle fd, void* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int setsockopt(SafeFileHandle fd, int level, int option, void* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint send(SafeFileHandle fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint recv(SafeFileHandle fd, byte* buffer, nuint length, int flags);
}
