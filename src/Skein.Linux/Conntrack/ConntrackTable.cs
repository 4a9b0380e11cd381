using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Linux.Conntrack;

/// <summary>Connection tracking of a namespace, by nfnetlink's ctnetlink.</summary>
/// <remarks>
/// A UDP client that keeps its port keeps its flow, for as long as it goes on sending: when the flow's task has gone, it would
/// send into the void for ever, though the balancer has others. So such flows are forgotten and begin anew.
/// </remarks>
public static class ConntrackTable
{
    private const int NetfilterProtocol = 12;
    private const ushort Get = (1 << 8) | 1;
    private const ushort Delete = (1 << 8) | 2;
    private const ushort OriginalTuple = 1, ReplyTuple = 2;
    private const ushort TupleIp = 1, TupleProtocol = 2;
    private const ushort IpV4Source = 1, ProtocolNumber = 1;
    private const byte Udp = 17;
    private const int NfGenHeader = 4;

    /// <summary>Forgets the IPv4 UDP flows that these addresses answer.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="LinuxException"/>
    public static int ForgetUdp(NetworkNamespace space, IReadOnlySet<IPAddress> repliers) => repliers.Count == 0 ? 0 : space.Run(() =>
    {
        using var socket = NetlinkCalls.Open(1 << 20, NetfilterProtocol);
        NetlinkCalls.SetReceiveTimeout(socket, 10);
        var flows = Dump(socket, payload => FlowOf(payload, repliers));
        foreach (var flow in flows) Forget(socket, flow);
        return flows.Count;
    });

    private static void Forget(SafeFileHandle socket, byte[] originalTuple)
    {
        var writer = new NetlinkWriter();
        var message = Begin(writer, Delete, Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_ACK);
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

    private static List<byte[]> Dump(SafeFileHandle socket, Func<ReadOnlyMemory<byte>, byte[]?> select)
    {
        var writer = new NetlinkWriter();
        writer.End(Begin(writer, Get, Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_DUMP));
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

    private static int Begin(NetlinkWriter writer, ushort type, ushort flags)
    {
        var message = writer.Begin(type, flags, 1);
        writer.Fixed(NfGenHeader)[0] = Rtnl.AF_INET;
        return message;
    }

    private static int Receive(SafeFileHandle socket, byte[] buffer)
    {
        var length = NetlinkCalls.Receive(socket, buffer);
        return length >= 0 ? length : throw new LinuxException("read flows", -length);
    }

    /// <summary>The tuple to delete it by, or null when it is another's flow.</summary>
    internal static byte[]? FlowOf(ReadOnlyMemory<byte> payload, IReadOnlySet<IPAddress> repliers)
    {
        var attributes = NetlinkAttributeReader.After(NfGenHeader, payload.Span);
        byte[]? original = null;
        var selected = false;
        while (attributes.Read())
        {
            if (attributes.Type == OriginalTuple) original = attributes.Value.ToArray();
            else if (attributes.Type == ReplyTuple) selected = IsUdpFrom(attributes.Nested(), repliers);
        }
        return selected ? original : null;
    }

    private static bool IsUdpFrom(NetlinkAttributeReader tuple, IReadOnlySet<IPAddress> repliers)
    {
        var udp = false;
        var ours = false;
        while (tuple.Read())
        {
            var parts = tuple.Nested();
            while (parts.Read())
            {
                if (tuple.Type == TupleIp && parts.Type == IpV4Source) ours = repliers.Contains(parts.ExpectAddress());
                else if (tuple.Type == TupleProtocol && parts.Type == ProtocolNumber) udp = parts.ExpectByte() == Udp;
            }
        }
        return udp && ours;
    }
}
