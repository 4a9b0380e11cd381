using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Linux.Nftables;

/// <summary>
/// The number that the kernel raises by one with each transaction of a namespace's nftables, whoever makes it: as long as it
/// is the same, no table there has changed. To ask costs some 0.2 ms, however large the tables are.
/// </summary>
public static class NftablesGeneration
{
    private const int NetfilterProtocol = 12;
    private const ushort NewGeneration = (10 << 8) | 15, GetGeneration = (10 << 8) | 16;
    private const ushort Id = 1;
    private const int NfGenHeader = 4;
    private const int ReceiveBufferBytes = 64 << 10;

    /// <exception cref="LinuxException"/>
    public static uint Read(NetworkNamespace space) => space.Run(() =>
    {
        using var socket = NetlinkCalls.Open(ReceiveBufferBytes, NetfilterProtocol);
        NetlinkCalls.SetReceiveTimeout(socket, 10);
        var writer = new NetlinkWriter();
        var message = writer.Begin(GetGeneration, Rtnl.NLM_F_REQUEST, 1);
        writer.Fixed(NfGenHeader);
        writer.End(message);
        NetlinkCalls.Send(socket, writer.Written, "ask for the nftables generation");
        return Answer(socket);
    });

    /// <summary>What the number will be after one more transaction; the kernel leaves 0 out.</summary>
    public static uint After(uint generation) => generation == uint.MaxValue ? 1 : generation + 1;

    private static uint Answer(SafeFileHandle socket)
    {
        var buffer = new byte[4096];
        var length = NetlinkCalls.Receive(socket, buffer);
        if (length < 0) throw new LinuxException("read the nftables generation", -length);
        var reader = new NetlinkMessageReader(buffer.AsSpan(0, length));
        while (reader.Read())
        {
            if (reader.Type == Rtnl.NLMSG_ERROR) throw new LinuxException("read the nftables generation", -MemoryMarshal.Read<int>(reader.Payload));
            if (reader.Type != NewGeneration) continue;
            var attributes = NetlinkAttributeReader.After(NfGenHeader, reader.Payload);
            while (attributes.Read())
            {
                if (attributes.Type == Id && attributes.Value.Length == sizeof(uint)) return BinaryPrimitives.ReadUInt32BigEndian(attributes.Value);
            }
        }
        throw new LinuxException("read the nftables generation", Errno.EINVAL, "the answer names none");
    }
}
