using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Netlink;

/// <summary>TCP connections of the calling thread's namespace, by the kernel's sock_diag.</summary>
public static class TcpConnections
{
    private const int SockDiag = 4;
    private const ushort ByFamily = 20, Destroy = 21;
    private const byte Tcp = 6;

    // struct inet_diag_req_v2 { u8 family, protocol, ext, pad; u32 states; struct inet_diag_sockid id }, of which the id has 48 bytes:
    // be16 sport, dport; be32 src[4], dst[4]; u32 if; u32 cookie[2]. An answer has four bytes before its id.
    private const int RequestLength = 56, IdAt = 8, AnswerIdAt = 4, IdLength = 48;

    // All but TCP_LISTEN (10) and those that are over: TIME_WAIT (6) and CLOSE (7).
    private const uint States = 0xfff & ~((1u << 10) | (1u << 6) | (1u << 7));

    /// <summary>Resets every connection of this host's to this port of its own. The other ends may connect again.</summary>
    /// <returns>False where the kernel was built without it.</returns>
    /// <exception cref="LinuxException"/>
    public static bool EndTo(int localPort)
    {
        using var socket = NetlinkCalls.Open(1 << 20, SockDiag);
        NetlinkCalls.SetReceiveTimeout(socket, 10);
        foreach (var family in (byte[])[Rtnl.AF_INET, Rtnl.AF_INET6])
        {
            foreach (var id in List(socket, family, localPort))
            {
                if (!End(socket, family, id)) return false;
            }
        }
        return true;
    }

    private static List<byte[]> List(SafeFileHandle socket, byte family, int localPort)
    {
        NetlinkCalls.Send(socket, Request(ByFamily, Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_DUMP, family, []), "list TCP connections");
        var found = new List<byte[]>();
        var buffer = new byte[64 << 10];
        while (true)
        {
            var reader = new NetlinkMessageReader(buffer.AsSpan(0, Receive(socket, buffer)));
            while (reader.Read())
            {
                if (reader.Type == Rtnl.NLMSG_DONE) return found;
                if (reader.Type == Rtnl.NLMSG_ERROR) throw new LinuxException("list TCP connections", -MemoryMarshal.Read<int>(reader.Payload));
                if (reader.Payload.Length < AnswerIdAt + IdLength) throw new NetlinkFormatException($"a connection of {reader.Payload.Length} bytes");
                var id = reader.Payload.Slice(AnswerIdAt, IdLength);
                if (BinaryPrimitives.ReadUInt16BigEndian(id) == localPort) found.Add(id.ToArray());
            }
        }
    }

    private static bool End(SafeFileHandle socket, byte family, byte[] id)
    {
        NetlinkCalls.Send(socket, Request(Destroy, Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_ACK, family, id), "end a TCP connection");
        var buffer = new byte[8192];
        var reader = new NetlinkMessageReader(buffer.AsSpan(0, Receive(socket, buffer)));
        while (reader.Read())
        {
            var errno = reader.Type == Rtnl.NLMSG_ERROR ? -MemoryMarshal.Read<int>(reader.Payload) : 0;
            if (errno == Errno.EOPNOTSUPP) return false;
            // ENOENT: it has ended in the meantime.
            if (errno is not (0 or Errno.ENOENT)) throw new LinuxException("end a TCP connection", errno);
        }
        return true;
    }

    private static ReadOnlySpan<byte> Request(ushort type, ushort flags, byte family, ReadOnlySpan<byte> id)
    {
        var writer = new NetlinkWriter();
        var message = writer.Begin(type, flags, 1);
        var request = writer.Fixed(RequestLength);
        (request[0], request[1]) = (family, Tcp);
        MemoryMarshal.Write(request[4..], States);
        id.CopyTo(request[IdAt..]);
        writer.End(message);
        return writer.Written;
    }

    private static int Receive(SafeFileHandle socket, byte[] buffer)
    {
        var length = NetlinkCalls.Receive(socket, buffer);
        return length >= 0 ? length : throw new LinuxException("read TCP connections", -length);
    }
}
