using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Linux.Conntrack;

/// <summary>Connection tracking of a namespace, by nfnetlink's ctnetlink.</summary>
public static class ConntrackTable
{
    private const int NetfilterProtocol = 12;
    private const ushort Get = (1 << 8) | 1;
    private const ushort Delete = (1 << 8) | 2;
    private const ushort OriginalTuple = 1, ReplyTuple = 2;
    private const ushort TupleIp = 1, TupleProtocol = 2;
    private const ushort IpV4Source = 1, IpV4Destination = 2, IpV6Source = 3, IpV6Destination = 4;
    private const ushort ProtocolNumber = 1, SourcePort = 2, DestinationPort = 3;
    private const byte Udp = 17;
    private const int NfGenHeader = 4;

    /// <summary>Forgets the UDP flows of a family of which the caller says so: the next packet of each begins a new one.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="LinuxException"/>
    public static int ForgetUdp(NetworkNamespace space, bool ipv6, Func<UdpFlow, bool> unwanted) => space.Run(() =>
    {
        // The kernel walks its whole table, of all namespaces, to list one's: 1 to 2 ms even where there is nothing to find.
        if (!HasFlowsHere()) return 0;
        using var socket = NetlinkCalls.Open(1 << 20, NetfilterProtocol);
        NetlinkCalls.SetReceiveTimeout(socket, 10);
        var family = ipv6 ? Rtnl.AF_INET6 : Rtnl.AF_INET;
        var flows = Dump(socket, family, payload => FlowOf(payload) is { } found && unwanted(found.Flow) ? found.Tuple : null);
        foreach (var flow in flows) Forget(socket, family, flow);
        return flows.Count;
    });

    /// <summary>Where nothing asks for connection tracking there is no count either.</summary>
    private static bool HasFlowsHere()
    {
        const string count = "/proc/sys/net/netfilter/nf_conntrack_count";
        return File.Exists(count) && File.ReadAllText(count).Trim() != "0";
    }

    private static void Forget(SafeFileHandle socket, byte family, byte[] originalTuple)
    {
        var writer = new NetlinkWriter();
        var message = Begin(writer, family, Delete, Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_ACK);
        writer.Bytes(OriginalTuple | Rtnl.NLA_F_NESTED, originalTuple);
        writer.End(message);
        NetlinkCalls.Send(socket, writer.Written, "forget a flow");
        var buffer = new byte[8192];
        var reader = new NetlinkMessageReader(buffer.AsSpan(0, Receive(socket, buffer)));
        while (reader.Read())
        {
            var errno = reader.Type == Rtnl.NLMSG_ERROR ? -MemoryMarshal.Read<int>(reader.Payload) : 0;
            // ENOENT: it has timed out in the meantime.
            if (errno is not (0 or Errno.ENOENT)) throw new LinuxException("forget a flow", errno);
        }
    }

    private static List<byte[]> Dump(SafeFileHandle socket, byte family, Func<ReadOnlyMemory<byte>, byte[]?> select)
    {
        var writer = new NetlinkWriter();
        writer.End(Begin(writer, family, Get, Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_DUMP));
        NetlinkCalls.Send(socket, writer.Written, "list flows");
        var found = new List<byte[]>();
        var buffer = new byte[64 << 10];
        while (true)
        {
            var reader = new NetlinkMessageReader(buffer.AsSpan(0, Receive(socket, buffer)));
            while (reader.Read())
            {
                if (reader.Type == Rtnl.NLMSG_DONE) return found;
                if (reader.Type == Rtnl.NLMSG_ERROR) throw new LinuxException("list flows", -MemoryMarshal.Read<int>(reader.Payload));
                if (select(reader.Payload.ToArray()) is { } flow) found.Add(flow);
            }
        }
    }

    private static int Begin(NetlinkWriter writer, byte family, ushort type, ushort flags)
    {
        var message = writer.Begin(type, flags, 1);
        writer.Fixed(NfGenHeader)[0] = family;
        return message;
    }

    private static int Receive(SafeFileHandle socket, byte[] buffer)
    {
        var length = NetlinkCalls.Receive(socket, buffer);
        return length >= 0 ? length : throw new LinuxException("read flows", -length);
    }

    /// <summary>The flow, with the tuple to delete it by; null when it is not UDP.</summary>
    internal static (UdpFlow Flow, byte[] Tuple)? FlowOf(ReadOnlyMemory<byte> payload)
    {
        var attributes = NetlinkAttributeReader.After(NfGenHeader, payload.Span);
        byte[]? tuple = null;
        IPEndPoint? to = null, replier = null;
        while (attributes.Read())
        {
            if (attributes.Type == OriginalTuple) (tuple, to) = (attributes.Value.ToArray(), UdpEndOf(attributes.Nested(), IpV4Destination, IpV6Destination, DestinationPort));
            else if (attributes.Type == ReplyTuple) replier = UdpEndOf(attributes.Nested(), IpV4Source, IpV6Source, SourcePort);
        }
        return tuple is not null && to is not null && replier is not null ? (new UdpFlow(to, replier), tuple) : null;
    }

    private static IPEndPoint? UdpEndOf(NetlinkAttributeReader tuple, ushort ipv4, ushort ipv6, ushort portType)
    {
        IPAddress? address = null;
        ushort? port = null;
        var udp = false;
        while (tuple.Read())
        {
            // A flow that was put into a zone has that here too, and it is a bare number.
            if (tuple.Type is not (TupleIp or TupleProtocol)) continue;
            var parts = tuple.Nested();
            while (parts.Read())
            {
                if (tuple.Type == TupleIp && (parts.Type == ipv4 || parts.Type == ipv6)) address = parts.ExpectAddress();
                else if (tuple.Type == TupleProtocol && parts.Type == ProtocolNumber) udp = parts.ExpectByte() == Udp;
                else if (tuple.Type == TupleProtocol && parts.Type == portType) port = parts.ExpectUInt16BigEndian();
            }
        }
        return udp && address is not null && port is { } number ? new IPEndPoint(address, number) : null;
    }
}
