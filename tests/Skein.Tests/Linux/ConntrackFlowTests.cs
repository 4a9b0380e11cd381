using System.Net;
using Skein.Linux.Conntrack;
using Xunit;

namespace Skein.Tests.Linux;

public class ConntrackFlowTests
{
    [Fact]
    public void A_flow_in_a_zone_is_read_like_any_other()
    {
        byte[] client = [192, 168, 57, 9], server = [10, 0, 0, 6];
        byte[] zone = Attribute(3, [0, 2]);
        byte[] message = [.. new byte[4], .. Tuple(1, client, server, 1024, 53, zone), .. Tuple(2, server, client, 53, 1024, [])];
        var found = ConntrackTable.FlowOf(message);
        Assert.Equal(new UdpFlow(new IPEndPoint(new IPAddress(server), 53), new IPEndPoint(new IPAddress(server), 53)), found?.Flow);
    }

    [Fact]
    public void A_flow_of_IPv6_is_read_as_well()
    {
        byte[] client = [0xfd, .. new byte[14], 9], server = [0xfd, .. new byte[14], 6];
        byte[] message = [.. new byte[4], .. Tuple(1, client, server, 1024, 53, []), .. Tuple(2, server, client, 5353, 1024, [])];
        var found = ConntrackTable.FlowOf(message);
        Assert.Equal(new UdpFlow(new IPEndPoint(new IPAddress(server), 53), new IPEndPoint(new IPAddress(server), 5353)), found?.Flow);
    }

    private static byte[] Tuple(ushort type, byte[] from, byte[] to, ushort source, ushort destination, byte[] zone) => Attribute(type,
    [
        .. Attribute(1, [.. Attribute((ushort)(from.Length == 4 ? 1 : 3), from), .. Attribute((ushort)(from.Length == 4 ? 2 : 4), to)]),
        .. Attribute(2, [.. Attribute(1, [17]), .. Attribute(2, BigEndian(source)), .. Attribute(3, BigEndian(destination))]),
        .. zone,
    ]);

    private static byte[] BigEndian(ushort value) => [(byte)(value >> 8), (byte)value];

    /// <summary>Length, type, value, padded to four bytes.</summary>
    private static byte[] Attribute(ushort type, byte[] value)
    {
        var padding = new byte[(4 - (value.Length % 4)) % 4];
        return [.. BitConverter.GetBytes((ushort)(4 + value.Length)), .. BitConverter.GetBytes(type), .. value, .. padding];
    }
}
