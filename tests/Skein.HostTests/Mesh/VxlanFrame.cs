using System.Buffers.Binary;
using System.Net;
using System.Text;
using Skein.Linux.Netlink;

namespace Skein.HostTests.Mesh;

/// <summary>A datagram as a VXLAN device would send it: VXLAN, Ethernet, IPv4 and UDP headers around a text.</summary>
internal static class VxlanFrame
{
    private const int Vxlan = 8, Ethernet = 14, Ip = 20, Udp = 8;

    public static byte[] Of(uint vni, MacAddress to, string source, string destination, ushort port, string text)
    {
        var frame = new byte[Vxlan + Ethernet + Ip + Udp + text.Length];
        frame[0] = 0x08;   // the VNI is valid
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), vni << 8);
        var ethernet = frame.AsSpan(Vxlan);
        Convert.FromHexString(to.ToString().Replace(":", "", StringComparison.Ordinal)).CopyTo(ethernet);
        Convert.FromHexString("02420a000163").CopyTo(ethernet[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(ethernet[12..], 0x0800);
        WriteIp(ethernet[Ethernet..], source, destination, text.Length);
        var udp = ethernet[(Ethernet + Ip)..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, 4242);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(Udp + text.Length));
        Encoding.ASCII.GetBytes(text).CopyTo(udp[Udp..]);
        return frame;
    }

    private static void WriteIp(Span<byte> header, string source, string destination, int length)
    {
        header[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(Ip + Udp + length));
        (header[8], header[9]) = (64, 17);
        IPAddress.Parse(source).GetAddressBytes().CopyTo(header[12..]);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(header[16..]);
        var sum = 0u;
        for (var at = 0; at < Ip; at += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(header[at..]);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)~sum);
    }
}
